/** Whatever a pipeline says, the file that `materialize` makes of it says the same (Pipeline s17). */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Pipeline } from "../../runner-agent/pipeline/ast.ts";
import { materialize } from "../../runner-agent/pipeline/materialize.ts";
import { load, loadFaults, SURROUNDINGS } from "../fake/pipeline_run.ts";
import { pipelineFile } from "./pipeline_files.ts";

const RUNS = 80;
/** Of the made-up files; more, and the property says little. */
const FAULTY_MAX = 0.05;

function written(pipeline: Pipeline, isExpanded: boolean): string {
  const text = materialize(pipeline, { isExpanded, surroundings: SURROUNDINGS });
  assert.ok(text.ok, JSON.stringify(text));
  return text.value;
}

/** All but where it was written. */
function planOf({ version, meta, providers, defaults, steps, named }: Pipeline): unknown {
  const lists = Object.fromEntries(
    Object.entries(named).map(([name, one]) => [name, withoutOrigin(one.steps)]),
  );
  return {
    version,
    meta: { ...meta },
    providers: { ...providers },
    defaults,
    steps: withoutOrigin(steps),
    named: lists,
  };
}

function withoutOrigin(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOrigin);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== "origin");
  return Object.fromEntries(kept.map(([key, one]) => [key, withoutOrigin(one)]));
}

for (const isExpanded of [false, true]) {
  Deno.test(`what is written${isExpanded ? " expanded" : ""} loads as the same plan`, () => {
    const numRuns = isExpanded ? RUNS / 2 : RUNS;
    let faulty = 0;
    const faults = new Map<string, number>();
    fc.assert(
      fc.property(pipelineFile, (text) => {
        const pipeline = loadFaults({ files: { "/work/p.ail.yaml": text } });
        if (Array.isArray(pipeline)) {
          faulty++;
          const { detail } = pipeline[0];
          faults.set(detail, (faults.get(detail) ?? 0) + 1);
          return;
        }
        const first = written(pipeline as Pipeline, isExpanded);
        const again = load({ files: { "/else/one.yaml": first } }, "/else/one.yaml");
        if (!isExpanded) assert.deepEqual(planOf(again), planOf(pipeline as Pipeline));
        // What was expanded is a plan of its own: written once more it is the same.
        const second = load({ files: { "/third/two.yaml": written(again, isExpanded) } }, "/third/two.yaml");
        assert.deepEqual(planOf(second), planOf(again));
      }),
      { numRuns },
    );
    assert.ok(
      faulty < numRuns * FAULTY_MAX,
      `${faulty} of ${numRuns} files were faulty: ${JSON.stringify([...faults].slice(0, 5))}`,
    );
  });
}
