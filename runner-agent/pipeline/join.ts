/** `join`: what the steps that it depends on said, in one response (Pipeline s29). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Json, Step } from "./ast.ts";
import type { Entry } from "./entry.ts";
import { type Fault, fault } from "./fault.ts";
import { schemaFault } from "./lifecycle.ts";
import type { PlacedStep, RunState } from "./run_state.ts";
import { newEntry } from "./telling.ts";
import { parseJson } from "./template.ts";

export type JoinStep = Extract<Step, { readonly kind: "join" }>;

/** What became of one step that a join depends on. */
export type JoinPart =
  | { readonly id: string; readonly kind: "done"; readonly response: string; readonly hasSchema: boolean }
  | { readonly id: string; readonly kind: "skipped" }
  | { readonly id: string; readonly kind: "failed"; readonly fault: Fault };

/** A join whose steps ran one after the other. */
export function joinOfEntries(
  { step, entryId, isBesideAsync }: PlacedStep,
  state: RunState,
): Result<Entry, Fault> {
  if (isBesideAsync === undefined) {
    return ok(newEntry(entryId, { prompt: "join (no async deps)", response: "" }));
  }
  return joinParts(step as JoinStep, entryId, step.dependsOn.map((id) => partOf(id, state)));
}

/** What a step of the same list left; one without an entry was passed over. */
export function partOf(id: string, { entries, prefix }: RunState): JoinPart {
  const entry = entries.find(prefix + id);
  if (entry === undefined) return { id, kind: "skipped" };
  return { id, kind: "done", response: entry.response ?? entry.stdout ?? "", hasSchema: false };
}

/** The entry of a join. Under `fail_fast` a step that failed fails it. */
export function joinParts(step: JoinStep, entryId: string, parts: readonly JoinPart[]): Result<Entry, Fault> {
  const failures = parts.filter((part) => part.kind === "failed");
  // What failed by itself says more than what was cancelled because of it.
  const failed = failures.find((part) => part.fault.type !== "ail:runner/cancelled") ?? failures[0];
  if (failed !== undefined && step.mode === "fail_fast") {
    const detail = `Join dependency '${failed.id}' failed (fail_fast): ${failed.fault.detail}`;
    return err(fault("ail:pipeline/aborted", detail));
  }
  const response = isStructured(step, parts) ? structured(step, entryId, parts) : ok(asText(parts));
  if (!response.ok) return response;
  return ok(newEntry(entryId, { prompt: `join:[${step.dependsOn.join(",")}]`, response: response.value }));
}

/** JSON when the join says what it must look like, or when all of its parts do. */
function isStructured({ outputSchema }: JoinStep, parts: readonly JoinPart[]): boolean {
  return outputSchema !== null || parts.every((part) => part.kind === "done" && part.hasSchema);
}

function asText(parts: readonly JoinPart[]): string {
  return parts.map((part) => `[${part.id}]:\n${partText(part)}\n`).join("\n");
}

function partText(part: JoinPart): string {
  switch (part.kind) {
    case "done":
      return part.response;
    case "skipped":
      return "<missing>";
    case "failed":
      return `<error: ${part.fault.detail}>`;
  }
}

function structured(
  { outputSchema }: JoinStep,
  entryId: string,
  parts: readonly JoinPart[],
): Result<string, Fault> {
  const values: Record<string, Json> = {};
  for (const part of parts) {
    if (part.kind === "done") {
      const parsed = parseJson(part.response);
      if (!parsed.ok) {
        const detail =
          `the join '${entryId}' cannot be put together: the response of '${part.id}' is not valid JSON`;
        return err(fault("ail:config/validation-failed", detail));
      }
      values[part.id] = parsed.value;
    } else {values[part.id] = part.kind === "skipped"
        ? null
        : { error: part.fault.detail, error_type: part.fault.type };}
  }
  const text = JSON.stringify(values);
  // What failed cannot fit; whoever reads it sees the error in its place.
  if (outputSchema === null || parts.some((part) => part.kind === "failed")) return ok(text);
  const wrong = schemaFault(outputSchema, text);
  return wrong === null
    ? ok(text)
    : err(fault("ail:schema/output-validation-failed", `the output of the join '${entryId}' ${wrong}`));
}
