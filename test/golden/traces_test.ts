import assert from "node:assert/strict";
import { findParts, missingPart, readCase, runCase } from "./golden_cases.ts";

const found = findParts();

Deno.test("each golden pipeline has its world and its trace, and each trace its pipeline", () => {
  assert.ok(found.size >= 60, `there are ${found.size} golden pipelines where at least 60 belong`);
  assert.deepEqual([...found].flatMap(([name, parts]) => missingPart(name, parts) ?? []), []);
  assert.equal(missingPart("a/b", [".ail.yaml", ".world.yaml"]), "traces/a/b has no .ndjson");
  assert.equal(missingPart("a/b", [".ndjson"]), "traces/a/b has no .ail.yaml, .world.yaml");
});

for (const [name, parts] of found) {
  if (missingPart(name, parts) !== null) continue;
  Deno.test(`golden: ${name}`, async () => {
    const golden = await readCase(name);
    const trace = runCase(golden);
    assert.equal(
      trace,
      await Deno.readTextFile(golden.tracePath),
      "the trace differs: if that is meant, `deno run -A test/golden/update.ts` writes it anew",
    );
    assert.equal(runCase(golden), trace, "a second run goes the same way");
  });
}
