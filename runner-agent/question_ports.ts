/**
 * People who are asked in the middle of a run (Pipeline s13). Nothing here rejects; a question has an id that is the same in
 * each life of the runner, so that it is found again and never asked twice.
 */

/** What people are asked in the middle of a run. */
export interface RunQuestion {
  /** `callId`: letters, digits, `_` and `-`, at most 64. */
  readonly id: string;
  /**
   * `pause`: go on or not (Pipeline s13); `modify`: the text that goes on instead; `permission`: may the agent use this tool;
   * `tool_question`: what the agent itself asks (AskUserQuestion).
   */
  readonly kind: "pause" | "modify" | "permission" | "tool_question";
  readonly stepId: string;
  readonly message: string | null;
  /** What the step before answered, or the input of the tool, as text; cut by the sender. */
  readonly detail: string | null;
  /** The question's own time; null: as long as the run. */
  readonly expiresInMs: number | null;
}

/**
 * Only a person's words are `text` and `answered` (G1): neither silence nor a policy approves or answers anything. A person who
 * approves without a word answers the empty text, which for `modify` means: as it is. Of `tool_question` it is never empty.
 */
export type RunQuestionAnswer =
  | { readonly kind: "answered"; readonly text: string }
  /** By a person, or because the ask was refused by the control plane, withdrawn, superseded, or ended by its policy. */
  | { readonly kind: "rejected"; readonly reason: string | null }
  /** The question's own time is over, and nothing else ended it. */
  | { readonly kind: "expired" }
  | { readonly kind: "cancelled" }
  /** The control plane does not know questions at all. */
  | { readonly kind: "unavailable"; readonly message: string };

/** Asks people and waits (`control/run_questions.ts`). A control plane that is away is waited for. */
export interface QuestionDesk {
  /** When `signal` aborts, the question is withdrawn, best effort, and the answer is `cancelled`. */
  ask(question: RunQuestion, signal: AbortSignal): Promise<RunQuestionAnswer>;
}
