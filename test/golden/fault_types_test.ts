import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FAULT_TYPES } from "../../runner-agent/pipeline/fault.ts";
import { placeOf } from "./fault_row.ts";
import { LOAD_FAULTS } from "./load_faults.ts";
import { PROGRAM_FAULTS } from "./program_faults.ts";
import { RUN_FAULTS } from "./run_faults.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ROWS = [...LOAD_FAULTS, ...RUN_FAULTS, ...PROGRAM_FAULTS];
const sorted = (types: Iterable<string>) => [...new Set(types)].sort();

for (const { type, when, at, says, provoke } of ROWS) {
  Deno.test(`${type}: ${when}`, async () => {
    const fault = await provoke();
    assert.equal(fault.type, type, fault.detail);
    assert.equal(placeOf(fault), at, fault.detail);
    for (const words of says) {
      assert.ok(fault.detail.includes(words), `'${words}' must be in: ${fault.detail}`);
    }
  });
}

Deno.test("each type of fault has a row here, and each row's type is one", () => {
  assert.deepEqual(sorted(ROWS.map(({ type }) => type)), sorted(FAULT_TYPES));
});

Deno.test("each type of fault is in the reference, and the reference has no other", async () => {
  const text = await Deno.readTextFile(join(ROOT, "runner-agent/ail/spec_text/s16.md"));
  const listed = [...text.matchAll(/^\| `(ail:[a-z/-]+)` +\|/gm)].map(([, type]) => type!);
  assert.deepEqual(listed, [...FAULT_TYPES], "the table of s16 has the types of fault.ts in their order");
});

Deno.test("each type of fault is made somewhere in the code, and the code makes no other", async () => {
  const made: string[] = [];
  for (const folder of ["runner-agent/pipeline", "runner-agent/ail"]) {
    for (const file of sourceFiles(join(ROOT, folder))) {
      if (file.endsWith("/pipeline/fault.ts")) continue;
      const text = await Deno.readTextFile(file);
      made.push(...[...text.matchAll(/["'](ail:[a-z-]+\/[a-z-]+)["']/g)].map(([, type]) => type!));
    }
  }
  assert.deepEqual(sorted(made), sorted(FAULT_TYPES));
});

function sourceFiles(folder: string): readonly string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (isDirectory) return sourceFiles(path);
    return name.endsWith(".ts") && !name.endsWith("_test.ts") ? [path] : [];
  });
}
