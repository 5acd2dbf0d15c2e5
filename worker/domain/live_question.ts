/**
 * What an operator of the reference asks for its agent (Line 4.3, 18), and what a person answered: a permission for a tool,
 * a prompt on its screen, a sign-in, or questions of the agent itself.
 *
 * 1. An answer is a person's. Nobody's silence is one: a question without an answer has none here, whatever the operator
 *    then does by itself.
 * 2. A question is answered once, and the newest are kept.
 *
 * Pure; owner: the `LiveSession` object.
 */
import type { LiveQuestion, PendingAnswer, QuestionVote, SessionMetadata } from "../../protocol/line/live.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { LIVE_OPTIONS_MAX, LIVE_QUESTION_MAX_CHARS, LIVE_QUESTIONS_MAX, LIVE_VOTE_MS } from "../limits.ts";

const PERMISSION = "permission";
/** What a permission may be answered with; the operator blocks on the second. */
const VOTES: ReadonlySet<string> = new Set(["allow", "deny"]);
/** Tools of agents that are questions to people. */
const ASKING: ReadonlySet<string> = new Set(["AskUserQuestion", "AskFollowupQuestion"]);

export type AnswerError = "unknown" | "answered" | "unfit";

/** The question that an event asks; null: none. */
export function questionOf(event: SessionMetadata, nowMs: number): LiveQuestion | null {
  const { subtype, toolName, toolUseId, toolInput } = event;
  const about = (id: string | null | undefined, type: string, parts: readonly Part[]): LiveQuestion | null =>
    id == null || parts.length === 0
      ? null
      : { questionId: id, questionType: type, parts: parts.slice(0, LIVE_OPTIONS_MAX), askedAt: nowMs };
  const own: Part = partOf(event.question ?? toolName ?? "", event.options ?? [], false);
  switch (subtype) {
    case "permission_request":
      return about(toolUseId, PERMISSION, [{ ...own, options: [...VOTES] }]);
    case "alp_pane":
      return about(event.paneQuestionId, subtype, [own]);
    case "onboarding_external":
      return about(event.questionId, subtype, [own]);
    case "tool_use":
      return toolName != null && ASKING.has(toolName)
        ? about(toolUseId, toolName, (toolInput?.questions ?? [toolInput ?? {}]).map(askedPart))
        : null;
    default:
      return null;
  }
}

type Part = LiveQuestion["parts"][number];

function askedPart(
  asked: {
    readonly question?: string | null | undefined;
    readonly options?: readonly (string | { readonly label: string })[] | null | undefined;
    readonly multiSelect?: boolean | null | undefined;
  },
): Part {
  const labels = (asked.options ?? []).map((option) => typeof option === "string" ? option : option.label);
  return partOf(asked.question ?? "", labels, asked.multiSelect ?? false);
}

function partOf(question: string, options: readonly string[], multiSelect: boolean): Part {
  const cut = (text: string) => text.slice(0, LIVE_QUESTION_MAX_CHARS);
  return {
    question: cut(question),
    options: options.slice(0, LIVE_OPTIONS_MAX).map(cut),
    multiSelect,
    answer: null,
  };
}

/** The list with a question; the same one again changes nothing. */
export function withQuestion(list: readonly LiveQuestion[], asked: LiveQuestion): readonly LiveQuestion[] {
  if (list.some(({ questionId }) => questionId === asked.questionId)) return list;
  return [...list, asked].slice(-LIVE_QUESTIONS_MAX);
}

/** The list with a person's answers, one for each part. */
export function withAnswer(
  list: readonly LiveQuestion[],
  questionId: string,
  answers: readonly string[],
): Result<readonly LiveQuestion[], AnswerError> {
  const asked = list.find((one) => one.questionId === questionId);
  if (asked === undefined) return err("unknown");
  if (isAnswered(asked)) return err("answered");
  const isFit = answers.length === asked.parts.length &&
    (asked.questionType !== PERMISSION || VOTES.has(answers[0]!));
  if (!isFit) return err("unfit");
  const parts = asked.parts.map((part, i) => ({ ...part, answer: answers[i]! }));
  return ok(list.map((one) => one === asked ? { ...asked, parts } : one));
}

function isAnswered({ parts }: LiveQuestion): boolean {
  return parts.every(({ answer }) => answer !== null);
}

/** What the operator types on its agent's screen: the newest that was answered. A permission is a vote. */
export function pendingAnswer(list: readonly LiveQuestion[]): PendingAnswer | Record<string, never> {
  const asked = list.findLast((one) => one.questionType !== PERMISSION && isAnswered(one));
  if (asked === undefined) return {};
  const { questionId, questionType, parts: [first, ...more] } = asked;
  return {
    questionId,
    questionType,
    options: first!.options,
    answer: first!.answer,
    multiSelect: first!.multiSelect,
    subQuestions: more.length === 0 ? [] : asked.parts.map(({ answer, ...part }) => ({
      toolUseId: questionId,
      ...part,
      resolvedAnswer: answer,
    })),
  };
}

/** What a person said to a permission; null: nobody did (1). */
export function voteOf(
  list: readonly LiveQuestion[],
  toolUseId: string | null,
): QuestionVote | Record<string, never> {
  const asked = list.find((one) => one.questionId === toolUseId);
  if (asked === undefined) return {};
  return { resolvedAnswer: asked.parts[0]!.answer, voteDeadline: asked.askedAt + LIVE_VOTE_MS };
}
