/**
 * What the engine asks of the world, as data. The engine is a set of routines (generators) that yield effects and get
 * their results; a shell carries them out (`runner-agent/ail/interpreter.ts`), a test answers them from a list, a dry run
 * answers prompts with a fixed text, and a replay answers from a journal.
 *
 * 1. A routine is deterministic: the same results in the same order lead to the same effects. So a run that was cut is
 *    resumed by running it again with the recorded results, and goes on where they end.
 * 2. An effect's id is its branch and its number there (`main#12`, `main/a#3`): the same in every replay, whatever the timing.
 * 3. What is only told is not waited for, and takes no number: its id counts behind the effect before it (`main#12+1`). So
 *    what a run tells may grow while records of it are kept.
 * 4. Nothing here throws for what the world does: a failure is a result.
 */
import type { Result } from "../../protocol/result.ts";
import type { JsonSchema, Sampling, ToolPolicy } from "./ast.ts";
import type { LogLine, ToolEvent } from "./entry.ts";
import type { PipelineEvent } from "./event.ts";
import type { Fault } from "./fault.ts";

export type Effect =
  | { readonly kind: "invoke_prompt"; readonly call: PromptCall }
  | {
    readonly kind: "run_shell";
    /** For `/bin/sh -c`. */
    readonly command: string;
    readonly timeoutMs: number | null;
  }
  | { readonly kind: "ask_human"; readonly ask: HumanAsk }
  /** UTF-8 text. */
  | { readonly kind: "read_file"; readonly path: string }
  /** Names in a directory, sorted; an absent one is empty. */
  | { readonly kind: "list_directory"; readonly path: string }
  /** A run begins or ends: a child's has a parent. Begins its log. */
  | {
    readonly kind: "begin_run";
    readonly runId: string;
    readonly parentRunId: string | null;
    readonly source: string | null;
  }
  | {
    readonly kind: "end_run";
    readonly runId: string;
    readonly status: "completed" | "failed";
    readonly totalCostUsd: number;
  }
  | { readonly kind: "write_log"; readonly runId: string; readonly line: LogLine }
  /** For the person at the terminal; the run goes on. */
  | { readonly kind: "warn"; readonly message: string }
  | { readonly kind: "emit"; readonly event: PipelineEvent }
  /** Random bytes and the clock, for ids and times. */
  | { readonly kind: "draw" }
  /** Between two steps: is the run paused, killed, and which steps has the controller switched off? */
  | { readonly kind: "check_control" }
  /** The text of a section of the specification (`context: spec`). */
  | { readonly kind: "read_spec"; readonly query: string }
  /** A digest of the working tree, for `if_code_changed`; null where there is no repository. */
  | { readonly kind: "read_tree_digest" };

/** What has no answer. */
export type Telling = Extract<Effect, { readonly kind: "emit" | "write_log" }>;

export interface EffectResults {
  readonly invoke_prompt: Result<PromptAnswer, Fault>;
  readonly run_shell: Result<ShellAnswer, Fault>;
  readonly ask_human: HumanAnswer;
  readonly read_file: Result<
    string,
    { readonly reason: "not_found" | "unreadable"; readonly message: string }
  >;
  readonly list_directory: readonly string[];
  readonly begin_run: null;
  readonly end_run: null;
  readonly write_log: null;
  readonly warn: null;
  readonly emit: null;
  readonly draw: { readonly uuid: string; readonly nowMs: number };
  readonly check_control: { readonly isKilled: boolean; readonly disabledSteps: readonly string[] };
  readonly read_spec: Result<string, Fault>;
  readonly read_tree_digest: string | null;
}

/** What a prompt backend is handed (Pipeline r01). */
export interface PromptCall {
  readonly stepId: string;
  /** Lower case; unknown names are refused by the one that carries it out (`ail:runner/not-found`). */
  readonly backend: string;
  readonly prompt: string;
  readonly resumeSessionId: string | null;
  readonly tools: ToolPolicy | null;
  readonly model: string | null;
  readonly provider: ProviderSettings;
  readonly systemPrompt: string | null;
  readonly appendSystemPrompt: readonly string[];
  readonly sampling: Sampling | null;
  readonly outputSchema: JsonSchema | null;
  readonly timeoutMs: number | null;
  /** In simple mode (children, async branches) nobody is told of the backend's events. */
  readonly isSilent: boolean;
}

export interface ProviderSettings {
  readonly baseUrl: string | null;
  readonly authToken: string | null;
  readonly connectTimeoutMs: number | null;
  readonly readTimeoutMs: number | null;
  readonly maxHistoryMessages: number | null;
}

export interface PromptAnswer {
  readonly response: string;
  readonly costUsd: number | null;
  readonly sessionId: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly thinking: string | null;
  readonly model: string | null;
  readonly toolEvents: readonly ToolEvent[];
}

export interface ShellAnswer {
  readonly stdout: string;
  readonly stderr: string;
  /** -1 when a signal ended it. */
  readonly exitCode: number;
}

export interface HumanAsk {
  readonly stepId: string;
  readonly kind: "pause" | "modify";
  readonly message: string | null;
  readonly lastResponse: string | null;
  readonly timeoutMs: number | null;
}

export type HumanAnswer =
  /** Any text approves; a closed channel is the empty text. */
  | { readonly kind: "answered"; readonly text: string; readonly isClosed?: true }
  | { readonly kind: "rejected"; readonly reason: string | null }
  | { readonly kind: "timed_out" }
  /** Nobody can be asked here. */
  | { readonly kind: "headless" };

/** What a routine yields: an effect, or a wish to the scheduler. */
export type Request =
  | { readonly kind: "effect"; readonly effect: Effect }
  /** Tells something, waits for nothing. */
  | { readonly kind: "tell"; readonly effect: Telling }
  /** Starts a routine beside this one; `branch` is unique among its siblings that live. */
  | { readonly kind: "fork"; readonly branch: string; readonly start: () => Routine<unknown> }
  /** Waits until all of these have ended; the answer has their ends in the order that was asked for. */
  | { readonly kind: "await"; readonly branches: readonly string[]; readonly of: Relatives }
  /** Ends branches where they stand; their running effects are cancelled. */
  | { readonly kind: "cancel"; readonly branches: readonly string[]; readonly of: Relatives }
  /** The ends of those that have ended, null for the others. */
  | { readonly kind: "look"; readonly branches: readonly string[] }
  /** Waits for one of `max` places that the branches of one parent share; it is free again when the branch ends. */
  | { readonly kind: "take_place"; readonly max: number };

/** Whose branches are meant: those that this routine forked, or those forked beside it. */
export type Relatives = "children" | "siblings";

/** `unknown`, as TypeScript cannot tie what is yielded to what comes back; `perform` and its siblings do. */
export type Routine<T> = Generator<Request, T, unknown>;

/** Yields one effect and returns its result. */
export function* perform<K extends Effect["kind"]>(
  effect: Extract<Effect, { readonly kind: K }>,
): Generator<Request, EffectResults[K], unknown> {
  return (yield { kind: "effect", effect }) as EffectResults[K];
}

/** Yields something that is told beside what the run does. */
export function* tell(effect: Telling): Routine<void> {
  yield { kind: "tell", effect };
}
