/**
 * An ask: one question to a person, as it was armed (Autonomy 19.1). It never changes; what happens to it is in
 * `gate_state.ts`.
 */
import type { QuestionKind } from "../../../protocol/agent/question.ts";
import { jsonDigest } from "../../../protocol/autonomy/audit_chain.ts";
import type { GateAsk } from "../event.ts";
import type { GatePolicy } from "./policy.ts";

/** `inform` makes no ask: it is a notice, which blocks nothing and counts as nothing. */
export type AskType = "do" | "decide" | "approve";

/** Where an ask comes from, and so who waits for its answer. */
export type AskOrigin =
  /** A gate between two stations of a line: the project's queue waits. */
  | ({ readonly kind: "line_gate" } & Omit<GateAsk, "askId" | "owner" | "project">)
  /** A request that a runner's proxy holds back (Line 15). */
  | {
    readonly kind: "approval_request";
    readonly runnerId: string;
    readonly requestId: string;
    readonly jobId: string;
    readonly runId: string | null;
    readonly taskId: string | null;
    readonly method: string;
    readonly url: string;
    readonly bodyDigest: string;
    readonly labels: readonly string[];
  }
  /** An agent that waits for a person (Runtime 3.8). Nobody waits for the answer: the agent is answered where it works. */
  | {
    readonly kind: "agent_wait";
    readonly taskId: string;
    readonly lineId: string;
    readonly jobId: string;
    readonly runId: string;
  }
  /** A question of a run, for which it waits (Pipeline s13): the project's queue takes the answer. */
  | {
    readonly kind: "pipeline_gate";
    readonly taskId: string;
    readonly lineId: string;
    readonly jobId: string;
    readonly runId: string;
    readonly questionId: string;
    readonly question: QuestionKind;
    /** The question's own time; null: it has none. */
    readonly expiresAtMs: number | null;
  }
  /**
   * `POST /v1/gates`: who made it reads it. `actor` is the role that is asked; `bodyDigest`, of the whole request. `supersedes`:
   * the ask whose place it takes.
   */
  | {
    readonly kind: "api";
    readonly actor: string | null;
    readonly bodyDigest: string;
    readonly supersedes?: string;
  };

/** When an answer counts (Autonomy 9.2): `via` are effects outside that a check must find, such as `review`. */
export interface Completion {
  readonly ac: string;
  readonly via: readonly string[];
  readonly check: "deterministic" | "judge" | "both";
}

export interface Ask {
  readonly askId: string;
  readonly owner: string;
  readonly project: string;
  readonly askType: AskType;
  readonly origin: AskOrigin;
  readonly title: string;
  /** What the person is shown: situation, background, assessment. */
  readonly in: unknown;
  /** Hex of SHA-256 of the canonical JSON of `in`. */
  readonly inDigest: string;
  /** JSON Schema of `out`; null: any answer. */
  readonly decisionSchema: unknown | null;
  readonly subject: { readonly ref: string; readonly rev: string } | null;
  readonly completion: Completion;
  /** A principal; may never answer itself. */
  readonly requestedBy: string;
  /** Who made the subject; may never answer either. */
  readonly proposers: readonly string[];
  readonly policy: GatePolicy;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

/** The task that waits for the answer, if one does. */
export function taskOf(ask: Ask): string | null {
  const { origin } = ask;
  return origin.kind === "api" || origin.kind === "agent_wait" ? null : origin.taskId;
}

/** The project's queue takes the answer, and says whether it took effect: that is its check and its receipt. */
export function isQueueAsk({ origin }: Ask): boolean {
  return origin.kind === "line_gate" || origin.kind === "pipeline_gate";
}

/** Of what is asked: the same request again makes the same ask, at another time and under a newer policy too. */
export function askDigest(ask: Ask): string {
  const { createdAtMs: _created, expiresAtMs: _expires, policy: _policy, ...asked } = ask;
  return jsonDigest(asked);
}
