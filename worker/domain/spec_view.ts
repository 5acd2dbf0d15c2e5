/** What is told of a spec: rendered, its requirements with their tests, and how far they are covered. Pure. */
import { SPEC_ARTIFACTS } from "../../protocol/agent/tools.ts";
import type { SpecReadResult } from "../../protocol/agent/tool_results.ts";
import { type Spec, specPath, type SpecTexts } from "./spec.ts";

type Of<What extends string> = Extract<SpecReadResult, { what: What }>;
export type TraceRow = Of<"traceability">["rows"][number];
export type Coverage = Omit<Of<"coverage">, "what" | "spec" | "revision">;

/** All artifacts that are there in one text, each under the name of its file. */
export function renderSpec(name: string, texts: SpecTexts): string {
  const parts = SPEC_ARTIFACTS.flatMap((artifact) => {
    const text = texts[artifact];
    return text === undefined ? [] : [`<!-- ${specPath(name, artifact)} -->\n\n${text.trim()}\n`];
  });
  return parts.join("\n");
}

/** A row for each requirement. `existing`: which of the tests' paths are files in the work as it is now. */
export function traceability(spec: Spec, existing: ReadonlySet<string>): readonly TraceRow[] {
  return spec.requirements.map(({ id, title }) => ({
    requirementId: id,
    title,
    tests: spec.tests.filter(({ requirementIds }) => requirementIds.includes(id)).map((test) => ({
      id: test.id,
      title: test.title,
      testPath: test.path,
      exists: test.path !== null && existing.has(test.path),
    })),
  }));
}

/** Counted from the same rows. */
export function coverage(spec: Spec, existing: ReadonlySet<string>): Coverage {
  const rows = traceability(spec, existing);
  const known = new Set(spec.requirements.map(({ id }) => id));
  const unspecified = rows.filter(({ tests }) => tests.length === 0);
  const unimplemented = rows.filter(({ tests }) => !tests.some(({ exists }) => exists));
  return {
    requirements: rows.length,
    specified: rows.length - unspecified.length,
    implemented: rows.length - unimplemented.length,
    unspecifiedIds: unspecified.map(({ requirementId }) => requirementId),
    unimplementedIds: unimplemented.map(({ requirementId }) => requirementId),
    danglingTestIds: spec.tests
      .filter(({ requirementIds }) => requirementIds.some((id) => !known.has(id))).map(({ id }) => id),
  };
}
