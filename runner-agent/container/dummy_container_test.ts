import assert from "node:assert/strict";
import { testContainerContract } from "./container_contract.ts";
import { DummyContainer, DummyWorld } from "./dummy_container.ts";
import { plainSpec, realClock } from "./test_world.ts";

testContainerContract({
  name: "dummy",
  skips: [
    ...[
      "exec gives back what a program wrote and how it ended",
      "exec carries 200 KB in and out byte for byte, and keeps no more than it is asked to",
      "exec of a program that is not there ends with 127",
      "exec ends what takes longer than it may, with what it began, and keeps what it wrote",
      "a terminal has its size, takes what is typed and ends with the program's exit code",
    ].map((test) => ({ test, reason: "nothing runs: programs are scripted" })),
    { test: "images are there or not, and a pull that fails says why", reason: "every pull succeeds" },
  ],
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
      unstartable: () => ({
        spec: plainSpec({ env: { DUMMY_START_FAULT: "no such place" } }),
        breakIt: () => {},
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

Deno.test("dummy: programs are played by the world, and images are names", async () => {
  const world = new DummyWorld();
  const runtime = new DummyContainer({ world, instance: "tests", clock: realClock });
  const { containerId } = await runtime.create(plainSpec({ env: { DUMMY_DELAY_MS: "60000" } }));
  await runtime.start(containerId);
  world.onExec = (_, { argv }) =>
    Promise.resolve({
      exitCode: 3,
      stdout: new TextEncoder().encode(argv.join(" ")),
      stderr: new Uint8Array(),
      timedOut: false,
    });
  const result = await runtime.exec(containerId, { argv: ["a", "b"], timeoutMs: 1, maxBytes: 1 });
  assert.deepEqual([result.exitCode, new TextDecoder().decode(result.stdout)], [3, "a b"]);
  await runtime.pullImage("localhost/x:1", () => {});
  assert.deepEqual([await runtime.hasImage("localhost/x:1"), await runtime.hasImage("localhost/y:1")], [
    true,
    false,
  ]);
  await runtime.remove(containerId);
});
