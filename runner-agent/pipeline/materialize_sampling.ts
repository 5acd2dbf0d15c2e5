/** Which scope each field of a step's sampling comes from, as `materialize` says it beside the step (Pipeline s30). */
import type { Defaults, Sampling, Step } from "./ast.ts";
import type { ExpandedLists, NotedStep } from "./materialize_expand.ts";

/** The lists with that note before each step that has any sampling. */
export function withSamplingNotes({ steps, named }: ExpandedLists, defaults: Defaults): ExpandedLists {
  const note = (list: readonly NotedStep[]) =>
    list.map(({ step, notes }): NotedStep => {
      const sampling = samplingNote(step, defaults);
      return { step, notes: sampling === null ? notes : [...notes, sampling] };
    });
  const lists = Object.entries(named).map(([name, list]) => [name, note(list)] as const);
  return { steps: note(steps), named: Object.fromEntries(lists) };
}

/** `sampling: temperature of defaults, top_p of the step`; null when the step asks no model, or with none. */
function samplingNote(step: Step, defaults: Defaults): string | null {
  if (step.kind !== "prompt" && step.kind !== "skill") return null;
  // As `mergeSampling` has them: the last that says a field is its origin.
  const scopes: readonly (readonly [string, Sampling])[] = [
    ["defaults", defaults.sampling],
    ["defaults.provider", defaults.provider?.sampling ?? {}],
    ["the step's provider", step.provider?.sampling ?? {}],
    ["the step", step.sampling],
  ];
  const origins = new Map<string, string>();
  for (const [scope, sampling] of scopes) {
    for (const field of Object.keys(sampling)) origins.set(field, scope);
  }
  if (origins.size === 0) return null;
  return `sampling: ${[...origins].map(([field, scope]) => `${field} of ${scope}`).join(", ")}`;
}
