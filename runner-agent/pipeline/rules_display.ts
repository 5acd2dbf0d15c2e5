/** Keys of a step that are about showing it (Pipeline s05): what is done of them, and what a warning says is not. */
import type { Step } from "./ast.ts";
import type { RawStep } from "./raw_file.ts";
import type { Findings } from "./shape.ts";
import { describe } from "./yaml_tree.ts";

/** @param name How messages call the step. */
export function readDisplay({ fields }: RawStep, name: string, findings: Findings): Pick<Step, "display"> {
  const { display, trigger, show_original: showOriginal } = fields.values;
  if (trigger !== undefined) {
    findings.warn(
      `${name}: 'trigger' has no effect: a step runs when its turn comes, a 'condition' holds it back`,
      fields.placeOf("trigger"),
    );
  }
  if (showOriginal !== undefined) {
    const isFlag = showOriginal.kind === "scalar" && typeof showOriginal.value === "boolean";
    findings.warn(
      isFlag
        ? `${name}: 'show_original' has no effect: whoever is asked sees the answer as it was`
        : `${name}: 'show_original' is true or false, and has no effect: current value is ${
          describe(showOriginal)
        }`,
      fields.placeOf("show_original"),
    );
  }
  if (display === undefined) return {};
  const value = display.kind === "scalar" ? display.value : undefined;
  if (value === false) return { display: "none" };
  if (value === "summary") return { display: "summary" };
  if (value !== true && value !== null) {
    findings.warn(
      `${name}: 'display' is true, false or summary, and is ignored: current value is ${describe(display)}`,
      fields.placeOf("display"),
    );
  }
  return {};
}
