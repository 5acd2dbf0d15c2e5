/** What templates and conditions can see at one moment of a run (Pipeline 2.1). */
import type { Entry } from "./entry.ts";
import type { EntryList } from "./entry_list.ts";

export interface Scope {
  readonly entries: EntryList;
  /** The prompt that the run was started with; in a child, what its caller passed. */
  readonly invocationPrompt: string;
  readonly runId: string;
  readonly cwd: string;
  /** The name of the prompt backend at work. */
  readonly tool: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The innermost loop of each kind. */
  readonly doWhile: DoWhileScope | null;
  readonly forEach: ForEachScope | null;
  /** Steps that were passed over by their condition: what they would have left is the empty text. */
  readonly skipped: ReadonlySet<string>;
  /** Of each do_while, by its id: the entries of each pass, oldest pass first. */
  readonly passes: ReadonlyMap<string, readonly (readonly Entry[])[]>;
}

export interface DoWhileScope {
  readonly loopId: string;
  /** From 0. */
  readonly iteration: number;
  readonly maxIterations: number;
}

export interface ForEachScope {
  readonly loopId: string;
  /** The name that `as:` gives. */
  readonly as: string;
  readonly item: string;
  /** From 1. */
  readonly index: number;
  /** After the cap. */
  readonly total: number;
}
