/** What a run knows while it goes: its input, which never changes, and its state, of which each branch has its own. */
import type { Pipeline, Step } from "./ast.ts";
import type { ProviderSettings, Routine } from "./effect.ts";
import type { Entry } from "./entry.ts";
import { EntryList } from "./entry_list.ts";
import type { Fault } from "./fault.ts";
import type { DoWhileScope, ForEachScope, Scope } from "./scope.ts";
import type { Result } from "../../protocol/result.ts";

/** Where the program stands; given, never looked up. */
export interface Surroundings {
  readonly cwd: string;
  /** `~` in paths. */
  readonly home: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** What the command line says; stronger than any file. */
export interface CliSettings {
  readonly model: string | null;
  readonly provider: Pick<ProviderSettings, "baseUrl" | "authToken">;
}

export interface RunInput {
  readonly runId: string;
  readonly invocationPrompt: string;
  /** `controlled` tells of each step by events; `simple` does not (Pipeline s23). */
  readonly mode: "controlled" | "simple";
  readonly cli: CliSettings;
  readonly surroundings: Surroundings;
  /** Of prompts that name none. */
  readonly defaultBackend: string;
  /** The vendor in a file's `vendor/model` may choose another (`vendor.ts`). In a station it does not. */
  readonly choosesByVendor?: true;
  /** The session of the turn before, for the invocation that the host runs. */
  readonly resumeSessionId?: string | null;
  /** Reads a pipeline file. */
  load(path: string): Routine<Result<Pipeline, Fault>>;
}

/** One run of one pipeline: a child has its own. */
export interface RunFrame {
  readonly input: RunInput;
  readonly runId: string;
  readonly invocationPrompt: string;
  /** Changes when the run reads its file anew. */
  pipeline: Pipeline;
  /** How many runs called each other down to this one; 0 at the top. */
  readonly callDepth: number;
  /** Before the ids of a child's events: `caller::`. */
  readonly eventPrefix: string;
  /** Of the working tree when the run began, or when it was first read anew with somebody who asks; null without either. */
  treeDigest: string | null;
  /** Called from a branch: like the branch it tells nobody of its steps. */
  readonly isInBranch?: true;
  reloads: number;
  /** Of all entries so far, those of children among them. */
  readonly totals: { costUsd: number; inputTokens: number; outputTokens: number };
}

/** What one branch has seen. */
export class RunState {
  readonly entries: EntryList;
  readonly skipped: Set<string>;
  readonly passes: Map<string, (readonly Entry[])[]>;
  /** Steps whose error was told and did not end the run. */
  readonly continued = new Map<string, Pick<Fault, "type" | "detail">>();
  doWhile: DoWhileScope | null = null;
  forEach: ForEachScope | null = null;
  loopDepth = 0;
  /** Before the ids of steps in a loop: `loop::`. */
  prefix = "";
  backend: string;
  readonly isBranch: boolean;

  /** @param from Of a branch: what it goes on from. It tells nobody of its steps. */
  constructor(readonly frame: RunFrame, from: RunState | null = null) {
    this.isBranch = from !== null || frame.isInBranch === true;
    this.entries = from?.entries.copy() ?? new EntryList();
    this.skipped = new Set(from?.skipped);
    this.passes = new Map(from?.passes);
    this.backend = from?.backend ?? frame.input.defaultBackend;
  }

  scope(): Scope {
    const { input, invocationPrompt, runId } = this.frame;
    return {
      entries: this.entries,
      invocationPrompt,
      runId,
      cwd: input.surroundings.cwd,
      environment: input.surroundings.environment,
      tool: this.backend,
      doWhile: this.doWhile,
      forEach: this.forEach,
      skipped: this.skipped,
      passes: this.passes,
    };
  }

  get isControlled(): boolean {
    return !this.isBranch && this.frame.input.mode === "controlled";
  }
}

/** How the steps after this one go on. */
export type Flow =
  | { readonly kind: "next" }
  | { readonly kind: "break"; readonly stepId: string }
  /** The run's file was read anew: go on after the step of this id. */
  | { readonly kind: "reloaded"; readonly stepId: string }
  | { readonly kind: "killed" };

export const NEXT: Flow = { kind: "next" };

/** Where a step stands in its list, for events. */
export interface Position {
  readonly index: number;
  readonly total: number;
}

/** A step under the id that its entry gets; its chains count from `chainId`, which has no loop in it. */
export interface PlacedStep {
  readonly step: Step;
  readonly entryId: string;
  readonly chainId: string;
  readonly position: Position;
  /** Its list has async steps. */
  readonly isBesideAsync?: true;
  /** Of an async step at work. */
  readonly concurrent?: { readonly group: string; readonly launchedAtMs: number };
}

/** The steps of a list, each where it stands. @param prefix Before their ids, in a loop. */
export function placeSteps(steps: readonly Step[], prefix = ""): readonly PlacedStep[] {
  const hasAsync = steps.some(({ isAsync }) => isAsync);
  return steps.map((step, index) => ({
    step,
    entryId: prefix + step.id,
    chainId: step.id,
    position: { index, total: steps.length },
    ...(hasAsync ? { isBesideAsync: true } : {}),
  }));
}

/** What the body of a step came to. */
export type BodyEnd =
  | { readonly kind: "entry"; readonly entry: Entry; readonly isPrompt?: true }
  | { readonly kind: "killed" };
