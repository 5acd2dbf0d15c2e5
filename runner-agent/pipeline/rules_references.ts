/**
 * Variables of steps that come later (Pipeline s11): they have no value by then, whatever happens before. A warning and no fault, as
 * the step may never run. What loops and chains say is not looked at: their ids mean several things.
 */
import type { Step } from "./ast.ts";
import { isFilePath } from "./paths.ts";
import type { Findings } from "./shape.ts";
import { parseTemplate } from "./template.ts";

export function warnOfLaterSteps(steps: readonly Step[], findings: Findings): void {
  const indexes = new Map(steps.map(({ id }, index) => [id, index]));
  for (const [index, step] of steps.entries()) {
    if (step.isDisabled || step.condition?.kind === "never") continue;
    const later = variablesOf(step).filter((variable) => {
      const id = /^step\.([^.:]+)\./.exec(variable)?.[1];
      // The prompt of the run is there from the beginning.
      return id !== undefined && id !== "invocation" && (indexes.get(id) ?? -1) >= index;
    });
    for (const variable of new Set(later)) {
      findings.warn(
        `step '${step.id}': '{{ ${variable} }}' has no value yet: that step does not come before this one`,
        step.origin.place ?? { path: null, line: 1, column: 1 },
      );
    }
  }
}

function variablesOf(step: Step): readonly string[] {
  return textsOf(step).flatMap((text) => {
    const parts = parseTemplate(text);
    return parts.ok ? parts.value.flatMap((part) => "variable" in part ? [part.variable] : []) : [];
  });
}

/** What is resolved before the step has an answer of its own. */
function textsOf(step: Step): readonly string[] {
  const condition = step.condition !== null && "text" in step.condition ? [step.condition.text] : [];
  switch (step.kind) {
    case "prompt":
      return isFilePath(step.prompt) ? condition : [...condition, step.prompt];
    case "pipeline":
      return [...condition, step.path, step.prompt ?? ""];
    case "named_pipeline":
      return [...condition, step.prompt ?? ""];
    case "for_each":
      return [...condition, step.over];
    default:
      return condition;
  }
}
