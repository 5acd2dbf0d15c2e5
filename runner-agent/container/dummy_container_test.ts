import assert from "node:assert/strict";
import { testContainerContract } from "./container_contract.ts";
import { DummyContainer, DummyWorld } from "./dummy_container.ts";
import { plainSpec, realClock } from "./test_world.ts";

testContainerContract({
  name: "dummy",
  skips: [],
  open() {
    const world = new DummyWorld();
    const reopen = (instance = "tests") => new DummyContainer({ world, instance, clock: realClock });
    return Promise.resolve({
      runtime: reopen(),
      reopen,
      specOf: (script) =>
        plainSpec({
          env: {
            DUMMY_OUTPUT: script.stdout ?? "",
            DUMMY_STDERR: script.stderr ?? "",
            DUMMY_DELAY_MS: String(script.delayMs ?? 0),
            DUMMY_EXIT_CODE: String(script.exitCode ?? 0),
            DUMMY_IGNORE_TERM: script.ignoresTerm ? "1" : "0",
          },
        }),
      close: () => Promise.resolve(),
    });
  },
});

Deno.test("dummy: a scripted memory kill is reported as one, and starts are counted", async () => {
  const world = new DummyWorld();
  const runtime = new DummyContainer({ world, instance: "tests", clock: realClock });
  const { containerId } = await runtime.create(
    plainSpec({ env: { DUMMY_OOM: "1", DUMMY_OUTPUT_AFTER: "bye" } }),
  );
  await runtime.start(containerId);
  const end = await runtime.wait(containerId, new AbortController().signal);
  assert.deepEqual(end, { exitCode: 137, wasKilledForMemory: true });
  assert.equal(world.startsOf(containerId), 1);
});
