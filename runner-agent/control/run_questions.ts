/**
 * Asks people what a run wants to know in its middle (Pipeline s13): asks, waits, brings the answer.
 *
 * 1. One question per id, whatever happens to connections, the control plane and this process: the asking is repeated with its
 *    id until it was answered, the waiting until there is an end, and the next life of the runner finds both.
 * 2. Only `answered` with a person's words is an answer (G1). What cannot be understood, or answers another question, is asked
 *    again. Only a control plane without questions is `unavailable`; one that refuses this question is a no: else an agent that
 *    has used up the questions of its run would be rid of its people.
 * 3. Who stops waiting takes the question back, best effort: the end of the run does it as well.
 */
import { type QuestionAnswer, questionAnswer, type QuestionInput } from "../../protocol/agent/question.ts";
import {
  QUESTION_DETAIL_MAX_CHARS,
  QUESTION_EXPIRES_MAX_MS,
  QUESTION_MESSAGE_MAX_CHARS,
} from "../../protocol/agent/limits.ts";
import { POLL_WAIT_MAX_MS } from "../../protocol/limits.ts";
import { backoffMs } from "../domain/backoff.ts";
import { APPROVAL_WITHDRAW_MAX_MS, POLL_GRACE_MS, RETRY_FIRST_MS, RETRY_MAX_MS } from "../limits.ts";
import type { QuestionDesk, RunQuestion, RunQuestionAnswer } from "../question_ports.ts";
import type { Clock } from "../ports.ts";
import { type ProjectAddress, projectPath } from "./control_plane.ts";
import { createCaller } from "./http_call.ts";
import { pause, type RetryDeps, type Settled, untilAnswered } from "./retry.ts";

export interface RunQuestionDeps {
  readonly at: ProjectAddress;
  readonly runId: string;
  readonly token: string;
  /** Takes the run's secrets out of a text; the same text in each life of the runner. */
  readonly redact: (text: string) => string;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly onRetry?: RetryDeps["onRetry"];
}

/** Makes the desk of one run. Its `ask` never rejects. */
export function createQuestionDesk(deps: RunQuestionDeps): QuestionDesk {
  const { clock, random } = deps;
  const call = createCaller(deps.at.serverUrl, deps.token);
  const base = `${projectPath(deps.at)}/runs/${encodeURIComponent(deps.runId)}/questions`;
  const retry: RetryDeps = {
    clock,
    random,
    ...(deps.onRetry === undefined ? {} : { onRetry: deps.onRetry }),
  };

  /** Not cut off by `signal`: what was sent is to be known before it is taken back. */
  const post = (body: QuestionInput, signal: AbortSignal) => {
    let triesLeft = TRIES_MAX;
    const once = async () => {
      const outcome = await call({ method: "POST", path: base, body, schema: answerTo(body.id) });
      if (outcome.kind !== "refused") return outcome;
      // Those of an ended prompt are being taken back; a route may be away while its server is replaced.
      const mayPass = outcome.code === "too_many_questions" || isUnknown(outcome);
      return mayPass && --triesLeft > 0 ? { kind: "unreachable", detail: saidBy(outcome) } as const : outcome;
    };
    return untilAnswered(once, retry, signal);
  };

  /** Its end, or a refusal. */
  async function ended(id: string, signal: AbortSignal): Promise<Settled<QuestionAnswer>> {
    for (let failures = 0; !signal.aborted;) {
      const askedMs = clock.nowMs();
      const outcome = await call({
        method: "GET",
        path: `${base}/${encodeURIComponent(id)}`,
        headers: { prefer: `wait=${POLL_WAIT_MAX_MS / 1_000}` },
        schema: answerTo(id),
        timeoutMs: POLL_WAIT_MAX_MS + POLL_GRACE_MS,
        signal,
      });
      if (outcome.kind === "refused") return outcome;
      if (outcome.kind === "ok" && outcome.value.status !== "pending") return outcome;
      failures = outcome.kind === "unreachable" ? failures + 1 : 0;
      if (outcome.kind === "unreachable") {
        deps.onRetry?.(failures, outcome.detail);
        const limits = { firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS };
        await pause(clock, backoffMs(failures, limits, random()), signal);
      } else if (clock.nowMs() - askedMs < RETRY_FIRST_MS) {
        // It did not wait: something in between may not know the header.
        await pause(clock, RETRY_FIRST_MS, signal);
      }
    }
    return { kind: "given_up" };
  }

  async function ask(question: RunQuestion, signal: AbortSignal): Promise<RunQuestionAnswer> {
    const sent = await post(bodyOf(question, deps.redact), signal);
    if (sent.kind === "refused") return isUnknown(sent) ? unavailable(sent) : refusedAnswer(sent);
    if (sent.kind === "ok" && sent.value.status !== "pending") return answerOf(question, sent.value);
    const end = sent.kind === "ok" ? await ended(question.id, signal) : sent;
    switch (end.kind) {
      case "ok":
        return answerOf(question, end.value);
      case "refused":
        return refusedAnswer(end);
      case "given_up":
        return { kind: "cancelled" };
    }
  }

  /** A control plane that is away for long ends the question with its run. */
  async function withdraw(id: string): Promise<void> {
    const limit = new AbortController();
    const timer = pause(clock, APPROVAL_WITHDRAW_MAX_MS, limit.signal).then(() => limit.abort());
    const path = `${base}/${encodeURIComponent(id)}`;
    const remove = () => call({ method: "DELETE", path, schema: questionAnswer, signal: limit.signal });
    await untilAnswered(remove, retry, limit.signal);
    limit.abort();
    await timer;
  }

  return {
    ask(question, signal) {
      if (signal.aborted) {
        // One of an earlier life may be there.
        void withdraw(question.id);
        return Promise.resolve({ kind: "cancelled" });
      }
      const { promise: aborted, resolve } = Promise.withResolvers<RunQuestionAnswer>();
      const onAbort = () => resolve({ kind: "cancelled" });
      signal.addEventListener("abort", onAbort, { once: true });
      const asked = ask(question, signal).catch((cause): RunQuestionAnswer => ({
        kind: "unavailable",
        message: `the question could not be asked: ${cause instanceof Error ? cause.name : "unknown"}`,
      }));
      void asked.then((answer) => {
        signal.removeEventListener("abort", onAbort);
        // What was sent has come back by now, so that nothing comes after what takes it back.
        if (answer.kind === "cancelled") void withdraw(question.id);
      });
      return Promise.race([asked, aborted]);
    },
  };
}

/** The question as it is sent: within the bounds of the wire, without secrets. The same question makes the same body. */
function bodyOf(question: RunQuestion, redact: (text: string) => string): QuestionInput {
  const { id, kind, stepId, message, detail, expiresInMs } = question;
  return {
    id,
    kind,
    stepId: cut(stepId, STEP_MAX_CHARS),
    message: message === null ? null : cut(redact(message), QUESTION_MESSAGE_MAX_CHARS),
    detail: detail === null ? null : cut(redact(detail), QUESTION_DETAIL_MAX_CHARS),
    expiresInMs: expiresInMs === null || !Number.isFinite(expiresInMs)
      ? null
      : Math.min(Math.max(Math.ceil(expiresInMs), 1), QUESTION_EXPIRES_MAX_MS),
  };
}

const STEP_MAX_CHARS = 400;

function cut(text: string, charsMax: number): string {
  return (text.length <= charsMax ? text : `${text.slice(0, charsMax - 1)}…`).toWellFormed();
}

/** Invariant 2. */
function answerOf({ kind }: RunQuestion, { status, text, reason }: QuestionAnswer): RunQuestionAnswer {
  if (status === "expired") return { kind: "expired" };
  if (status !== "answered") return { kind: "rejected", reason };
  const words = text ?? "";
  // An agent that asked gets words, or none: never an empty answer that it takes for one.
  if (kind === "tool_question" && words === "") return { kind: "rejected", reason };
  return { kind: "answered", text: words };
}

/** About 8 s at the pace of `untilAnswered`. */
const TRIES_MAX = 5;
const NO_SUCH_ROUTE: ReadonlySet<number> = new Set([404, 405, 501]);
const KNOWN_404: ReadonlySet<string> = new Set(["run_not_found", "question_not_found"]);

type Refused = Settled<unknown> & { kind: "refused" };

function answerTo(id: string) {
  return questionAnswer.refine((answer) => answer.id === id, { path: ["id"] });
}

/** The control plane knows no questions at all. */
function isUnknown({ status, code }: Refused): boolean {
  return NO_SUCH_ROUTE.has(status) && !KNOWN_404.has(code);
}

function unavailable(refused: Refused): RunQuestionAnswer {
  return { kind: "unavailable", message: `the control plane takes no such question (${saidBy(refused)})` };
}

function refusedAnswer(refused: Refused): RunQuestionAnswer {
  return { kind: "rejected", reason: `the control plane refused the question (${saidBy(refused)})` };
}

function saidBy({ status, code, message }: Refused): string {
  return code === "unknown" ? `status ${status}` : `${code}${message === "" ? "" : `: ${message}`}`;
}
