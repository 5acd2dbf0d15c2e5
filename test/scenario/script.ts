/**
 * What a scenario's folder holds: `line.json` (the line as a client puts it), `script.json` (the steps), and
 * `expected.json` (how the tasks stand at the end).
 */
import { join } from "node:path";

/** What an HTTP answer must be; the status alone, or with what its body must contain at the top level. */
export interface Expectation {
  readonly status?: number;
  readonly code?: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** One step. `task` is a name given by a `submit`, `claim` one given by a `claim` or `race` (as `as`). */
export type Step =
  | { readonly kind: "submit"; readonly as: string; readonly card?: object }
  | {
    /** Our runner takes one job to its end; its agent is a script. */
    readonly kind: "work";
    readonly runner: string;
    readonly exitCode?: number;
    readonly output?: string;
    readonly conclusion?: { readonly conclusion: "success" | "failure"; readonly summary?: string };
  }
  | {
    /** A poll without capabilities: it claims (pick A3). */
    readonly kind: "claim";
    readonly runner: string;
    readonly as?: string;
    readonly expect?: Expectation;
    /** The job is that of another claim, under a new run and this epoch (Q4). */
    readonly again?: { readonly of: string; readonly leaseEpoch: number };
  }
  | { readonly kind: "heartbeat"; readonly claim: string; readonly expect?: Expectation }
  | { readonly kind: "report"; readonly claim: string; readonly body: object; readonly expect?: Expectation }
  | {
    readonly kind: "log";
    readonly claim: string;
    readonly sequence: number;
    readonly text: string;
    readonly expect?: Expectation;
  }
  | {
    /** What the run's agent is at, as its hooks tell it (Runtime 3.7). */
    readonly kind: "agent";
    readonly claim: string;
    readonly sequence: number;
    readonly activity: string;
    readonly detail?: string;
    readonly expect?: Expectation;
  }
  /** How many asks of this kind are on the worklist. */
  | { readonly kind: "asked"; readonly origin: string; readonly count: number }
  | { readonly kind: "advance"; readonly seconds: number }
  | {
    readonly kind: "decide";
    readonly task: string;
    readonly gate: string;
    readonly action: "approve" | "reject";
    readonly reason?: string;
    readonly expect?: Expectation;
  }
  | { readonly kind: "cancel"; readonly task: string; readonly reason: string; readonly expect?: Expectation }
  | {
    readonly kind: "retry" | "move";
    readonly task: string;
    readonly stationId?: string;
    readonly expect?: Expectation;
  }
  /** Every object of the project forgets its memory. */
  | { readonly kind: "evict" }
  | {
    /** Many runners want one job at the same moment: exactly one gets it. */
    readonly kind: "race";
    readonly runners: number;
    readonly via: "poll" | "claim";
    readonly task: string;
    readonly as: string;
  };

/** How a task stands at the end. */
export interface ExpectedTask {
  readonly status: string;
  readonly columnId: string;
  readonly rejectionReason: string | null;
  readonly history: readonly {
    readonly stationId: string;
    readonly attempt: number;
    readonly runs: number;
    readonly runnerName: string | null;
    readonly outcome: string | null;
    readonly reason: string | null;
  }[];
  /** Kinds of the timeline's entries, in order. */
  readonly timeline: readonly string[];
  readonly output: string;
}

export interface Scenario {
  readonly name: string;
  readonly line: object;
  readonly steps: readonly Step[];
  readonly expected: Readonly<Record<string, ExpectedTask>>;
  readonly folder: string;
}

/** Reads the folders below `root`, in the order of their names. */
export async function readScenarios(root: string): Promise<readonly Scenario[]> {
  const names = [...Deno.readDirSync(root)].filter((entry) => entry.isDirectory).map((entry) => entry.name);
  return await Promise.all(
    names.sort().map(async (name) => {
      const folder = join(root, name);
      const read = async (file: string) => JSON.parse(await Deno.readTextFile(join(folder, file)));
      return {
        name,
        folder,
        line: await read("line.json"),
        steps: await read("script.json"),
        expected: await read("expected.json"),
      };
    }),
  );
}
