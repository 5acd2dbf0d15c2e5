/** `display:` of a step: what the lean output shows of its answer, and nothing else (Pipeline s05). */
import type { Pipeline, Step } from "./ast.ts";
import type { Entry } from "./entry.ts";

/** The entries with answers as they are to be shown: null where they are not. */
export function displayed(pipeline: Pipeline, entries: readonly Entry[]): readonly Entry[] {
  const wishes = wishesOf(pipeline.steps, "");
  if (wishes.size === 0) return entries;
  return entries.map((entry): Entry => {
    const wish = wishOf(entry.step_id, wishes);
    if (wish === undefined || entry.response === null) return entry;
    return { ...entry, response: wish === "none" ? null : summaryOf(entry.response) };
  });
}

type Wishes = ReadonlyMap<string, NonNullable<Step["display"]>>;

/** By the ids of entries: steps in a loop have its id before theirs. */
function wishesOf(steps: readonly Step[], prefix: string): Wishes {
  const wishes = new Map<string, NonNullable<Step["display"]>>();
  for (const step of steps) {
    const id = `${prefix}${step.id}`;
    if (step.display !== undefined) wishes.set(id, step.display);
    for (const key of ["before", "then"] as const) {
      // The ids of chains have no loop in them.
      const entries = step[key].map((entry, index) => ({ ...entry, id: `${step.id}::${key}::${index}` }));
      for (const [inner, wish] of wishesOf(entries, "")) wishes.set(inner, wish);
    }
    if ((step.kind === "do_while" || step.kind === "for_each") && step.body.kind === "steps") {
      for (const [inner, wish] of wishesOf(step.body.steps, `${id}::`)) wishes.set(inner, wish);
    }
  }
  return wishes;
}

/** The step's own, else that of the step around it, which is before it in the id. */
function wishOf(id: string, wishes: Wishes): NonNullable<Step["display"]> | undefined {
  for (let name = id;;) {
    const wish = wishes.get(name) ?? wishes.get(name.replace(/__on_result$/, ""));
    const end = name.lastIndexOf("::");
    if (wish !== undefined || end === -1) return wish;
    name = name.slice(0, end);
  }
}

/** The first line that says something, and that there was more. */
function summaryOf(response: string): string {
  const [first = "", ...rest] = response.trim().split("\n");
  return rest.length === 0 ? first.trimEnd() : `${first.trimEnd()} …`;
}
