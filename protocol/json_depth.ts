/** How deep JSON from outside may go. Pure. */
import { z } from "zod";
import { JSON_DEPTH_MAX } from "./limits.ts";

/** Is no value below more than `levels` lists and objects? Counts without calling itself. */
export function isWithinDepth(value: unknown, levels: number): boolean {
  for (const left: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];;) {
    const next = left.pop();
    if (next === undefined) return true;
    if (typeof next.value !== "object" || next.value === null) continue;
    if (next.depth >= levels) return false;
    for (const one of Object.values(next.value)) left.push({ value: one, depth: next.depth + 1 });
  }
}

/** Any JSON that is kept as it is. */
export const anyJson = z.unknown().refine((value) => isWithinDepth(value, JSON_DEPTH_MAX), {
  error: `expected at most ${JSON_DEPTH_MAX} levels`,
});
