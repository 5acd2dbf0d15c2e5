/** How a model's answers are drawn: three scopes, merged field by field (Pipeline s30). */
import type { Json, Sampling } from "./ast.ts";

const FIELDS = ["temperature", "top_p", "top_k", "max_tokens", "stop_sequences", "thinking"] as const;
type Field = typeof FIELDS[number];

/** The value of a field as it was written; its type has been checked (`shape`). */
export type RawSampling = { readonly [field in Field]?: number | boolean | readonly string[] | null };

const RULES: Readonly<Record<Field, { readonly expected: string; isGood(value: unknown): boolean }>> = {
  temperature: { expected: "a number from 0 to 2", isGood: (value) => isIn(value, 0, 2) },
  top_p: { expected: "a number from 0 to 1", isGood: (value) => isIn(value, 0, 1) },
  top_k: { expected: "a whole number of at least 1", isGood: (value) => isCount(value) },
  max_tokens: { expected: "a whole number of at least 1", isGood: (value) => isCount(value) },
  stop_sequences: {
    expected: "a list of at least one text, none of them empty",
    isGood: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string" && one !== ""),
  },
  thinking: {
    expected: "a number from 0 to 1, true or false",
    isGood: (value) => typeof value === "boolean" || isIn(value, 0, 1),
  },
};

export interface SamplingFault {
  readonly field: Field;
  readonly message: string;
}

/**
 * Checks a block.
 *
 * @param scope What the message calls it: `defaults`, `defaults.provider` or `step 'id'`.
 * @returns The fields that were set, and a fault for each that breaks its rule.
 */
export function readSampling(
  raw: RawSampling,
  scope: string,
): { readonly sampling: Sampling; readonly faults: readonly SamplingFault[] } {
  const sampling: Record<string, unknown> = {};
  const faults: SamplingFault[] = [];
  for (const field of FIELDS) {
    const value = raw[field];
    if (value === undefined || value === null) continue;
    if (RULES[field].isGood(value)) {
      sampling[field] = typeof value === "boolean" ? Number(value) : value;
    } else {
      const shown = JSON.stringify(value as Json);
      faults.push({
        field,
        message: `${scope}: sampling.${field} must be ${RULES[field].expected}: current value is ${shown}`,
      });
    }
  }
  return { sampling, faults };
}

/** The later wins field by field; a list of stop sequences replaces the former whole. Null when nothing is set. */
export function mergeSampling(...scopes: readonly Sampling[]): Sampling | null {
  const merged = Object.assign({}, ...scopes) as Record<string, unknown>;
  // In one order whatever was set where, as it is written to the log.
  const set = FIELDS.filter((field) => merged[field] !== undefined).map((field) =>
    [field, merged[field]] as const
  );
  return set.length === 0 ? null : Object.fromEntries(set);
}

function isIn(value: unknown, least: number, most: number): boolean {
  return typeof value === "number" && value >= least && value <= most;
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1;
}
