/**
 * What every `ContainerRuntime` must do: one body, run against each driver, with named skips. A driver brings a
 * `ContractSubject`; a test that it cannot pass by its nature is skipped with a reason.
 */

import assert from "node:assert/strict";
import type { ContainerRuntime, ContainerSpec, OutputStream } from "../ports.ts";
import { PROGRAM_TESTS } from "./container_contract_programs.ts";

/** What a test wants the command to do, in an order that every driver can play. */
export interface CommandScript {
  readonly stdout?: string;
  readonly stderr?: string;
  /** Runs this long after having written. */
  readonly delayMs?: number;
  readonly exitCode?: number;
  readonly ignoresTerm?: boolean;
}

/** A driver under test, on its own state. */
export interface ContractWorld {
  readonly runtime: ContainerRuntime;
  /** A spec that plays the script; each call gives a new run id. */
  specOf(script: CommandScript): ContainerSpec;
  /** A second driver on the same containers: the runner after kill -9. */
  reopen(instance?: string): ContainerRuntime;
  /** A spec, and what to do after its creation so that its start fails. */
  unstartable(): { readonly spec: ContainerSpec; breakIt(): void };
  /** Called after each test, when its containers are removed. */
  close(): Promise<void>;
}

/** A driver and the tests that do not apply to it. */
export interface ContractSubject {
  readonly name: string;
  open(): Promise<ContractWorld>;
  readonly skips: readonly { readonly test: string; readonly reason: string }[];
}

/** Tests by what they say. */
export type ContractTests = Readonly<Record<string, (world: ContractWorld) => Promise<void>>>;

/** Longer than any test. */
export const LONG_MS = 60_000;
export const never = () => new AbortController().signal;

interface Collected {
  stdout: string;
  stderr: string;
}

/** Reads all output of a container. */
export async function collectOutput(
  runtime: ContainerRuntime,
  containerId: string,
  signal = never(),
): Promise<Collected> {
  const parts: Record<OutputStream, Uint8Array[]> = { stdout: [], stderr: [] };
  await runtime.output(containerId, (stream, bytes) => parts[stream].push(bytes), signal);
  const text = async (stream: OutputStream) =>
    await new Response(new Blob(parts[stream] as BlobPart[])).text();
  return { stdout: await text("stdout"), stderr: await text("stderr") };
}

/** Resolves when `condition` holds; fails after ten seconds. */
export async function eventually(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  const deadlineMs = performance.now() + 10_000;
  while (!(await condition())) {
    assert.ok(performance.now() < deadlineMs, `still not true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const TESTS: ContractTests = {
  ...PROGRAM_TESTS,
  async "create starts nothing, and a second create returns the same container"({ runtime, specOf }) {
    const spec = specOf({ stdout: "ran" });
    const { containerId } = await runtime.create(spec);
    assert.deepEqual(await runtime.create(spec), { containerId });
    const found = (await runtime.list()).filter((record) => record.runId === spec.runId);
    assert.deepEqual(found, [{
      containerId,
      runId: spec.runId,
      jobId: spec.jobId,
      state: "created",
      exitCode: null,
    }]);
  },

  async "a command that ends at once leaves its output and exit code"({ runtime, specOf }) {
    const { containerId } = await runtime.create(specOf({ stdout: "out\n", stderr: "err\n", exitCode: 7 }));
    await runtime.start(containerId);
    assert.deepEqual(await collectOutput(runtime, containerId), { stdout: "out\n", stderr: "err\n" });
    assert.deepEqual(await runtime.wait(containerId, never()), { exitCode: 7, wasKilledForMemory: false });
    assert.deepEqual(await runtime.wait(containerId, never()), { exitCode: 7, wasKilledForMemory: false });
  },

  async "output that begins before the start is whole"({ runtime, specOf }) {
    const { containerId } = await runtime.create(specOf({ stdout: "hello" }));
    const output = collectOutput(runtime, containerId);
    await runtime.start(containerId);
    assert.equal((await output).stdout, "hello");
  },

  async "output arrives while the command still runs"({ runtime, specOf }) {
    const { containerId } = await runtime.create(specOf({ stdout: "early\n", delayMs: LONG_MS }));
    await runtime.start(containerId);
    let seen = "";
    const abort = new AbortController();
    const output = runtime.output(
      containerId,
      (_, bytes) => seen += new TextDecoder().decode(bytes),
      abort.signal,
    );
    await eventually("the output is seen", () => seen === "early\n");
    abort.abort();
    await output;
  },

  async "five megabytes arrive byte for byte"({ runtime, specOf }) {
    const stdout = Array.from({ length: 80_000 }, (_, n) => `line ${n} ${"x".repeat(n % 110)}`).join("\n");
    assert.ok(stdout.length > 5_000_000);
    const { containerId } = await runtime.create(specOf({ stdout }));
    await runtime.start(containerId);
    assert.ok((await collectOutput(runtime, containerId)).stdout === stdout, "the bytes differ");
  },

  async "what it uses is known while it runs, and only then"({ runtime, specOf }) {
    const { containerId } = await runtime.create(specOf({ stdout: "x", delayMs: LONG_MS }));
    assert.equal(await runtime.usage(containerId), null);
    await runtime.start(containerId);
    const usage = await runtime.usage(containerId);
    assert.ok(
      usage !== null && usage.memoryBytes > 0 && usage.pids > 0 && usage.cpuMs >= 0,
      JSON.stringify(usage),
    );
    assert.ok(Object.values(usage).every((value) => Number.isSafeInteger(value)), JSON.stringify(usage));
    await runtime.stop(containerId, 0);
    assert.equal(await runtime.usage(containerId), null);
    assert.equal(await runtime.usage("no-such-container"), null);
  },

  async "start twice runs the command once, also after its end"({ runtime, specOf }) {
    const { containerId } = await runtime.create(specOf({ stdout: "once\n" }));
    await runtime.start(containerId);
    await runtime.start(containerId);
    await runtime.wait(containerId, never());
    await runtime.start(containerId);
    assert.equal((await collectOutput(runtime, containerId)).stdout, "once\n");
  },

  async "a restarted runner finds what runs, its output from the beginning and its end"(
    { runtime, specOf, reopen },
  ) {
    const spec = specOf({ stdout: "before\n", delayMs: 500, exitCode: 3 });
    const { containerId } = await runtime.create(spec);
    await runtime.start(containerId);
    const restarted = reopen();
    const found = (await restarted.list()).find((record) => record.containerId === containerId);
    assert.equal(found?.state, "running");
    assert.equal(found?.exitCode, null);
    assert.equal((await collectOutput(restarted, containerId)).stdout, "before\n");
    assert.equal((await restarted.wait(containerId, never())).exitCode, 3);
  },

  async "a restarted runner finds what ended without it"({ runtime, specOf, reopen }) {
    const { containerId } = await runtime.create(specOf({ stdout: "gone\n", exitCode: 4 }));
    await runtime.start(containerId);
    await runtime.wait(containerId, never());
    const restarted = reopen();
    const found = (await restarted.list()).find((record) => record.containerId === containerId);
    assert.deepEqual([found?.state, found?.exitCode], ["exited", 4]);
    assert.equal((await collectOutput(restarted, containerId)).stdout, "gone\n");
  },

  async "another instance does not see it"({ runtime, specOf, reopen }) {
    const { containerId } = await runtime.create(specOf({}));
    const others = await reopen("another-instance").list();
    assert.equal(others.some((record) => record.containerId === containerId), false);
  },

  async "stop sends TERM and the command ends with it"({ runtime, specOf }) {
    const { containerId } = await runtime.create(specOf({ stdout: "up\n", delayMs: LONG_MS }));
    await runtime.start(containerId);
    await upAndRunning(runtime, containerId);
    const beganMs = performance.now();
    await runtime.stop(containerId, 30_000);
    assert.ok(performance.now() - beganMs < 10_000, "it waited for KILL");
    assert.equal((await runtime.wait(containerId, never())).exitCode, 143);
    await runtime.stop(containerId, 0);
  },

  async "stop kills what ignores TERM, after the grace"({ runtime, specOf }) {
    const { containerId } = await runtime.create(
      specOf({ stdout: "up\n", delayMs: LONG_MS, ignoresTerm: true }),
    );
    await runtime.start(containerId);
    await upAndRunning(runtime, containerId);
    const beganMs = performance.now();
    await runtime.stop(containerId, 300);
    assert.ok(performance.now() - beganMs >= 290, "KILL came before the grace was over");
    assert.deepEqual(await runtime.wait(containerId, never()), { exitCode: 137, wasKilledForMemory: false });
  },

  async "an aborted wait rejects with the signal's reason, and the command goes on"({ runtime, specOf }) {
    const { containerId } = await runtime.create(specOf({ delayMs: LONG_MS }));
    await runtime.start(containerId);
    const abort = new AbortController();
    const waiting = runtime.wait(containerId, abort.signal);
    abort.abort(new Error("no longer interested"));
    await assert.rejects(waiting, /no longer interested/);
    assert.equal(
      (await runtime.list()).find((record) => record.containerId === containerId)?.state,
      "running",
    );
  },

  async "remove ends a running one, and removing or stopping a missing one is a no-op"({ runtime, specOf }) {
    const { containerId } = await runtime.create(specOf({ delayMs: LONG_MS }));
    await runtime.start(containerId);
    await runtime.remove(containerId);
    await runtime.remove(containerId);
    await runtime.stop(containerId, 1000);
    assert.equal((await runtime.list()).some((record) => record.containerId === containerId), false);
    await assert.rejects(runtime.wait(containerId, never()), /must exist/);
  },

  async "eight at once do not disturb each other"({ runtime, specOf }) {
    const texts = Array.from({ length: 8 }, (_, n) => `number ${n}\n`);
    const outputs = await Promise.all(texts.map(async (stdout) => {
      const { containerId } = await runtime.create(specOf({ stdout }));
      await runtime.start(containerId);
      return (await collectOutput(runtime, containerId)).stdout;
    }));
    assert.deepEqual(outputs, texts);
  },
};

/** Resolves when the command has said `up`. */
export async function upAndRunning(runtime: ContainerRuntime, containerId: string): Promise<void> {
  let seen = "";
  const abort = new AbortController();
  const output = runtime.output(
    containerId,
    (_, bytes) => seen += new TextDecoder().decode(bytes),
    abort.signal,
  );
  await eventually("the command is up", () => seen.includes("up"));
  abort.abort();
  await output;
}

/** Registers the suite for one driver. */
export function testContainerContract(subject: ContractSubject): void {
  for (const [name, body] of Object.entries(TESTS)) {
    const skip = subject.skips.find((entry) => entry.test === name);
    Deno.test({
      name: `${subject.name}: ${name}${skip === undefined ? "" : ` (skipped: ${skip.reason})`}`,
      ignore: skip !== undefined,
      async fn() {
        const world = await subject.open();
        try {
          await body(world);
        } finally {
          for (const { containerId } of await world.runtime.list()) await world.runtime.remove(containerId);
          await world.close();
        }
      },
    });
  }
  for (const skip of subject.skips) {
    assert.ok(skip.test in TESTS, `${subject.name} skips an unknown test: ${skip.test}`);
  }
}

/** A shell that plays a script; for drivers that run something. stdout travels in a file, as argv is bounded. */
export function shellCommand(script: CommandScript, textDir: string): string[] {
  const lines = [
    script.ignoresTerm ? "trap '' TERM" : "",
    `cat ${textDir}/stdout`,
    `cat ${textDir}/stderr >&2`,
    script.delayMs === undefined ? "" : `sleep ${script.delayMs / 1000}`,
    `exit ${script.exitCode ?? 0}`,
  ];
  return ["/bin/sh", "-c", lines.filter((line) => line !== "").join("; ")];
}
