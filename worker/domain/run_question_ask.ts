/**
 * The ask of a question that a run waits for (Pipeline s13), and what an answer to it means. Pure.
 *
 * | question        | asked as  | answered                                        | rejected               |
 * |-----------------|-----------|-------------------------------------------------|------------------------|
 * | `pause`         | `approve` | approved; its text is the comment               | rejected, with why     |
 * | `permission`    | `approve` | the same                                        | the same               |
 * | `modify`        | `approve` | approved; its text is `text`, none: as it is    | the same               |
 * | `tool_question` | `decide`  | `text`, which is needed                         | by taking the ask back |
 */
import type { QuestionKind } from "../../protocol/agent/question.ts";
import { QUESTION_TEXT_MAX_CHARS } from "../../protocol/agent/limits.ts";
import { jsonDigest } from "../../protocol/autonomy/audit_chain.ts";
import type { RunAsks } from "./event.ts";
import type { Ask } from "./gate/ask.ts";
import type { GateOutcome } from "./gate/gate_view.ts";
import type { GatePolicy } from "./gate/policy.ts";

const MINUTE_MS = 60_000;
/** A title is one line of a list. */
const TITLE_MAX_CHARS = 120;

const SITUATIONS: Readonly<Record<QuestionKind, string>> = {
  pause: "A pipeline waits until somebody lets it go on.",
  modify: "A pipeline waits for the text that it goes on with.",
  permission: "An agent wants to use a tool; it waits until somebody has decided.",
  tool_question: "An agent asks, and waits for the answer.",
};
const TITLES: Readonly<Record<QuestionKind, string>> = {
  pause: "Go on",
  modify: "Change the text",
  permission: "Allow a tool",
  tool_question: "Answer an agent",
};
const DONE: Readonly<Record<QuestionKind, string>> = {
  pause: "The pipeline may go on",
  modify: "The text is as it should be",
  permission: "The agent may use the tool as it is shown",
  tool_question: "The agent has its answer",
};

/** The ask; the same question and policy make the same one. */
export function runQuestionAsk(asks: RunAsks, policy: GatePolicy): Ask {
  const { askId, owner, project, taskId, runId, questionId, kind, stepId, message, detail } = asks;
  const shown = {
    situation: SITUATIONS[kind],
    ...(message === null ? {} : { message }),
    ...(detail === null ? {} : { detail }),
    step: stepId,
    task: taskId,
    title: asks.taskTitle,
    station: asks.stationId,
    runner: asks.runnerName,
  };
  const { expireMinutes } = policy.clocks;
  return {
    askId,
    owner,
    project,
    askType: kind === "tool_question" ? "decide" : "approve",
    origin: {
      kind: "pipeline_gate",
      taskId,
      lineId: asks.lineId,
      jobId: asks.jobId,
      runId,
      questionId,
      question: kind,
      expiresAtMs: asks.expiresAtMs,
    },
    title: `${TITLES[kind]}: ${cut(message ?? asks.taskTitle)}`,
    in: shown,
    inDigest: jsonDigest(shown),
    decisionSchema: schemaOf(kind),
    // The revision is the question: another one is another ask.
    subject: { ref: taskId, rev: `${runId}:${questionId}` },
    completion: { ac: DONE[kind], via: [], check: "deterministic" },
    requestedBy: `runner:${asks.runnerName}`,
    proposers: [],
    policy,
    createdAtMs: asks.askedAtMs,
    expiresAtMs: earliest(
      asks.expiresAtMs,
      expireMinutes === null ? null : asks.askedAtMs + expireMinutes * MINUTE_MS,
    ),
  };
}

/** What a person's answer says to the run. `text` null: they approved without a word. */
export function questionAnswerOf(
  kind: QuestionKind,
  { decision, out, comment }: Pick<GateOutcome, "decision" | "out" | "comment">,
): { readonly action: "approve" | "reject"; readonly text: string | null } {
  if (decision === "reject") return { action: "reject", text: null };
  if (kind === "pause" || kind === "permission") {
    return decision === "approve"
      ? { action: "approve", text: comment === "" ? null : comment }
      : { action: "reject", text: null };
  }
  const said = typeof out === "object" && out !== null ? (out as { readonly text?: unknown }).text : null;
  const text = typeof said === "string" && said !== "" ? said : null;
  const isAnswer = kind === "modify" ? decision === "approve" : text !== null;
  return isAnswer ? { action: "approve", text } : { action: "reject", text: null };
}

/** What a form asks for beside the buttons. */
function schemaOf(kind: QuestionKind): unknown {
  const text = { type: "string", minLength: 1, maxLength: QUESTION_TEXT_MAX_CHARS };
  switch (kind) {
    case "pause":
    case "permission":
      return null;
    case "modify":
      return {
        type: "object",
        properties: {
          decision: { enum: ["approve", "reject"] },
          comment: { type: "string" },
          text: { ...text, title: "The text that goes on", description: "Empty: it goes on as it is." },
        },
        additionalProperties: false,
      };
    case "tool_question":
      return {
        type: "object",
        properties: { text: { ...text, title: "The answer" } },
        required: ["text"],
        additionalProperties: false,
      };
  }
}

function cut(text: string): string {
  const line = text.trim().split("\n", 1)[0]!.toWellFormed();
  return line.length <= TITLE_MAX_CHARS ? line : `${line.slice(0, TITLE_MAX_CHARS).toWellFormed()}…`;
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
