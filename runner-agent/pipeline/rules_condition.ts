/** What is odd in a condition that can be read (Pipeline s12). */
import { readsAsSeveral } from "./condition.ts";
import type { Place } from "./fault.ts";
import type { Findings } from "./shape.ts";

export function warnOfSeveral(text: string, what: string, place: Place, findings: Findings): void {
  if (!readsAsSeveral(text)) return;
  findings.warn(
    `${what}: '${text.trim()}' is one comparison, its 'and' or 'or' a part of the text: only comparisons of numbers can be joined`,
    place,
  );
}
