/**
 * One attempt to get out of a sandbox, as data: what is tried, what its script must see, and which bound forbids it.
 *
 * 1. A script says `ESCAPED` itself where it can tell that it got through; what it cannot tell, the host looks at (`baits.ts`).
 * 2. `seen` is how the bound shows from inside: an attempt that never ran matches nothing, and so fails its test.
 * 3. Scripts are for bash with busybox, git, socat, curl and deno, and find the host's things by the names of `baits.ts`.
 */

/** What the documents promise: S of `docs/architecture.md`, H of `podman_create_body.ts`, the rest of the file named. */
export type Invariant =
  | "S1"
  | "S2"
  | "H1"
  | "H2"
  | "H3"
  | "H4"
  | "H5"
  | "hub"
  | "private_git_dir"
  | "harvest"
  | "run_dirs";

export interface Attempt {
  /** A sentence without the words "is refused". */
  readonly name: string;
  readonly invariant: Invariant;
  /** What holds it, in a few words: the table's last column. */
  readonly bound: string;
  readonly script: string;
  /** In the script's output. */
  readonly seen: RegExp;
  /** What the host does behind it: reads the agent's work, as after a turn, and looks at it as a person would. */
  readonly harvest?: "works" | "refused" | "either";
  /** In what the refused harvest says. */
  readonly harvestSays?: RegExp;
  /** Brings back what the next attempt needs. */
  readonly undo?: string;
  /** Only where the sandboxes are root's, or only where they are an ordinary user's. */
  readonly only?: "rootful" | "rootless";
}

/** The same part for all attempts of a list. */
export function all(common: Partial<Attempt>, attempts: readonly Attempt[]): readonly Attempt[] {
  return attempts.map((attempt) => ({ ...common, ...attempt }));
}
