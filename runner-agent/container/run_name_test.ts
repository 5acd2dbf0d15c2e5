import assert from "node:assert/strict";
import { podmanCreateBody } from "./podman_create_body.ts";
import { ProcessContainer } from "./process_container.ts";
import { safeRunName } from "./run_name.ts";
import { plainSpec, realClock } from "./test_world.ts";

const HOSTILE = ["", ".", "..", "../x", "a/b", "-rf", "a b", "a\n", "x".repeat(129)];

Deno.test("safeRunName refuses what is more than a name", () => {
  for (const runId of HOSTILE) assert.throws(() => safeRunName(runId), RangeError, JSON.stringify(runId));
  assert.equal(safeRunName("run_01J.A-b"), "run_01J.A-b");
});

Deno.test("no driver makes a path of a hostile run id", async () => {
  const host = {
    isRootless: true,
    firstHostId: 0,
    hasResourceLimits: true,
    instance: "i",
    logDir: "/l",
    initScriptPath: "/i",
    hardLimits: { openFiles: 1, processes: 1 },
  };
  const runtime = new ProcessContainer({
    stateDir: "/nonexistent",
    instance: "i",
    clock: realClock,
    warn: () => {},
  });
  for (const runId of HOSTILE) {
    assert.throws(() => podmanCreateBody(plainSpec({ runId }), host, []), RangeError);
    await assert.rejects(runtime.create(plainSpec({ runId })), RangeError);
    await assert.rejects(runtime.remove(runId), RangeError);
  }
});
