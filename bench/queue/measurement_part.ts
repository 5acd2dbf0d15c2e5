/** What the parts beside the peers answer: rows for the page, and numbers for the targets. */
import type { BenchRow } from "../result.ts";
import type { Extras } from "./targets.ts";

export interface Part {
  readonly rows: readonly BenchRow[];
  readonly extras: Extras;
}
