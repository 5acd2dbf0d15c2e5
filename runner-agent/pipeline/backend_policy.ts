/** What a call asks of a backend beside the answer, and what is said of it that the backend cannot do (Pipeline s05.8, s30.4.1). */
import type { Sampling, ToolPolicy } from "./ast.ts";
import type { PromptCall } from "./effect.ts";

/** The five forms of a tool policy (Pipeline r01). */
export type PolicyForm =
  | { readonly kind: "default" }
  | { readonly kind: "none" }
  | { readonly kind: "allow"; readonly allow: readonly string[] }
  | { readonly kind: "deny"; readonly deny: readonly string[] }
  | { readonly kind: "mixed"; readonly allow: readonly string[]; readonly deny: readonly string[] };

export function policyForm(tools: ToolPolicy | null): PolicyForm {
  if (tools === null) return { kind: "default" };
  const { isDisabled, allow, deny } = tools;
  if (isDisabled) return { kind: "none" };
  if (allow.length > 0) return deny.length > 0 ? { kind: "mixed", allow, deny } : { kind: "allow", allow };
  return deny.length > 0 ? { kind: "deny", deny } : { kind: "default" };
}

/** What a backend can do; what is left out it cannot. */
export interface BackendAbility {
  readonly name: string;
  readonly sampling: readonly (keyof Sampling)[];
  readonly policies: readonly PolicyForm["kind"][];
  readonly hasSystemPrompts: boolean;
}

/** One sentence for each wish of the call that will not be heeded. */
export function unheededWishes(call: PromptCall, ability: BackendAbility): readonly string[] {
  const start = `step '${call.stepId}': the backend '${ability.name}' does not support`;
  const fields = Object.keys(call.sampling ?? {}) as (keyof Sampling)[];
  const unheeded = fields.filter((field) => !ability.sampling.includes(field));
  const { kind } = policyForm(call.tools);
  return [
    ...(unheeded.length === 0
      ? []
      : [`${start} ${unheeded.map((field) => `sampling.${field}`).join(", ")}: ignored`]),
    ...(kind === "default" || ability.policies.includes(kind) ? [] : [`${start} the tool policy: ignored`]),
    ...(ability.hasSystemPrompts || (call.systemPrompt === null && call.appendSystemPrompt.length === 0)
      ? []
      : [`${start} system prompts: ignored`]),
  ];
}
