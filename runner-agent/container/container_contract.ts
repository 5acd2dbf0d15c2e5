/**
 * What every `ContainerRuntime` must do: one body, run against each driver, with named skips. A driver brings a
 * `ContractSubject`; a test that it cannot pass by its nature is skipped with a reason.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { ContainerRuntime, ContainerSpec, OutputStream } from "../ports.ts";

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

const LONG_MS = 60_000;
const never = () => new AbortController().signal;

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

const TESTS: Readonly<Record<string, (world: ContractWorld) => Promise<void>>> = {
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

  async "inspect follows it from its creation to its end; what has not happened is null"(
    { runtime, specOf },
  ) {
    const { containerId } = await runtime.create(specOf({ stdout: "up\n", delayMs: LONG_MS }));
    const calm = {
      isPaused: false,
      exitCode: null,
      startedAtMs: null,
      stoppedAtMs: null,
      error: null,
      hostPid: null,
    };
    assert.deepEqual(await runtime.inspect(containerId), { ...calm, status: "created" });
    const beforeMs = Date.now() - 1_000;
    await runtime.start(containerId);
    const running = (await runtime.inspect(containerId))!;
    assert.equal(running.status, "running");
    assert.ok(running.startedAtMs! >= beforeMs && running.startedAtMs! <= Date.now() + 1_000);
    assert.deepEqual([running.exitCode, running.stoppedAtMs, running.error], [null, null, null]);
    await runtime.stop(containerId, 0);
    const ended = (await runtime.inspect(containerId))!;
    assert.equal(ended.status, "error");
    assert.ok(ended.exitCode === 143 || ended.exitCode === 137, String(ended.exitCode));
    assert.match(ended.error!, /ended with 1/);
    await runtime.remove(containerId);
    assert.equal(await runtime.inspect(containerId), null);
  },

  async "what ends with 0 is stopped, what ends otherwise is an error"({ runtime, specOf }) {
    for (const [exitCode, status] of [[0, "stopped"], [3, "error"]] as const) {
      const { containerId } = await runtime.create(specOf({ exitCode }));
      await runtime.start(containerId);
      await runtime.wait(containerId, never());
      const state = (await runtime.inspect(containerId))!;
      assert.deepEqual([state.status, state.exitCode], [status, exitCode]);
      assert.ok(state.stoppedAtMs !== null && state.stoppedAtMs >= state.startedAtMs!);
    }
  },

  async "a start that fails rejects and leaves its reason, which a restarted runner finds"(
    { runtime, reopen, unstartable },
  ) {
    const { spec, breakIt } = unstartable();
    const { containerId } = await runtime.create(spec);
    breakIt();
    await assert.rejects(runtime.start(containerId));
    const state = (await reopen().inspect(containerId))!;
    assert.deepEqual([state.status, state.exitCode, state.startedAtMs], ["error", null, null]);
    assert.ok(state.error !== null && state.error.length > 5, String(state.error));
  },

  async "a name that another runner's container has is refused"({ runtime, specOf, reopen }) {
    const spec = specOf({});
    await runtime.create(spec);
    await assert.rejects(reopen("another-instance").create(spec), /must be free/);
  },

  async "exec gives back what a program wrote and how it ended"({ runtime, specOf }) {
    const containerId = await startLong(runtime, specOf);
    const result = await runtime.exec(containerId, {
      argv: ["/bin/sh", "-c", 'cat; echo "$WORD" >&2; pwd >&2; exit 5'],
      stdin: new TextEncoder().encode("from outside"),
      env: { WORD: "a b" },
      workDir: "/tmp",
      ...BOUNDS,
    });
    assert.deepEqual([result.exitCode, result.timedOut], [5, false]);
    assert.equal(new TextDecoder().decode(result.stdout), "from outside");
    assert.match(new TextDecoder().decode(result.stderr), /^a b\n\/.*tmp\n$/);
  },

  async "exec carries 200 KB in and out byte for byte, and keeps no more than it is asked to"(
    { runtime, specOf },
  ) {
    const containerId = await startLong(runtime, specOf);
    const stdin = new Uint8Array(200_000).map((_, index) => (index * 31) % 256);
    const whole = await runtime.exec(containerId, { argv: ["cat"], stdin, ...BOUNDS });
    assert.ok(Buffer.from(whole.stdout).equals(stdin), `${whole.stdout.length} bytes came back`);
    const part = await runtime.exec(containerId, { argv: ["cat"], stdin, ...BOUNDS, maxBytes: 1_000 });
    assert.ok(Buffer.from(part.stdout).equals(stdin.subarray(0, 1_000)));
    assert.equal(part.exitCode, 0);
    const unread = await runtime.exec(containerId, { argv: ["true"], stdin, ...BOUNDS });
    assert.equal(unread.exitCode, 0, "a program may end without reading");
  },

  async "exec of a program that is not there ends with 127"({ runtime, specOf }) {
    const containerId = await startLong(runtime, specOf);
    assert.equal((await runtime.exec(containerId, { argv: ["no-such-program"], ...BOUNDS })).exitCode, 127);
  },

  async "exec ends what takes longer than it may, with what it began, and keeps what it wrote"(
    { runtime, specOf },
  ) {
    const containerId = await startLong(runtime, specOf);
    const result = await runtime.exec(containerId, {
      argv: ["/bin/sh", "-c", "echo begun; sleep 4567; echo over"],
      ...BOUNDS,
      timeoutMs: 1_000,
    });
    assert.deepEqual([result.exitCode, result.timedOut], [137, true]);
    assert.equal(new TextDecoder().decode(result.stdout), "begun\n");
    await eventually("nothing of it is left", async () => {
      const argv = [
        "/bin/sh",
        "-c",
        "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c '^sleep 45[6]7\\|sleep 45[6]7 '",
      ];
      const { stdout } = await runtime.exec(containerId, { argv, ...BOUNDS });
      return new TextDecoder().decode(stdout).trim() === "0";
    });
  },

  async "exec in what does not run rejects"({ runtime, specOf }) {
    const { containerId } = await runtime.create(specOf({}));
    await assert.rejects(runtime.exec(containerId, { argv: ["true"], ...BOUNDS }));
    await assert.rejects(runtime.exec("no-such-container", { argv: ["true"], ...BOUNDS }));
  },

  async "what is paused still counts as running, is stopped all the same, and pausing is idempotent"(
    { runtime, specOf },
  ) {
    const containerId = await startLong(runtime, specOf);
    await runtime.pause(containerId);
    await runtime.pause(containerId);
    const paused = (await runtime.inspect(containerId))!;
    assert.deepEqual([paused.status, paused.isPaused], ["running", true]);
    await runtime.unpause(containerId);
    await runtime.unpause(containerId);
    assert.equal((await runtime.inspect(containerId))!.isPaused, false);
    await runtime.pause(containerId);
    await runtime.stop(containerId, 5_000);
    assert.equal((await runtime.wait(containerId, never())).exitCode, 143);
  },

  async "what is paused can be removed"({ runtime, specOf }) {
    const containerId = await startLong(runtime, specOf);
    await runtime.pause(containerId);
    await runtime.remove(containerId);
    assert.equal(await runtime.inspect(containerId), null);
  },

  async "a terminal has its size, takes what is typed and ends with the program's exit code"(
    { runtime, specOf },
  ) {
    const containerId = await startLong(runtime, specOf);
    const script = "stty size; read word; stty size; echo got $word; exit 6";
    const terminal = await runtime.openTerminal(containerId, ["/bin/sh", "-c", script], {
      cols: 91,
      rows: 17,
    });
    let seen = "";
    const reading = (async () => {
      for await (const bytes of terminal.readable) seen += new TextDecoder().decode(bytes);
    })();
    await eventually("the first size is seen", () => seen.includes("17 91"));
    await terminal.resize({ cols: 120, rows: 40 });
    const writer = terminal.writable.getWriter();
    await writer.write(new TextEncoder().encode("hello\r"));
    await reading;
    assert.match(seen, /40 120/);
    assert.match(seen, /got hello/);
    assert.equal(await terminal.exitCode, 6);
    await terminal.resize({ cols: 1, rows: 1 });
    terminal.close();
  },

  async "images are there or not, and a pull that fails says why"({ runtime }) {
    assert.equal(await runtime.hasImage("localhost/shopfloor-no-such-image:1"), false);
    // Nobody listens on port 1.
    await assert.rejects(
      runtime.pullImage("127.0.0.1:1/none:1", () => {}),
      /Cannot pull 127.0.0.1:1\/none:1/,
    );
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

const BOUNDS = { timeoutMs: 20_000, maxBytes: 1_000_000 };

/** A container that runs until it is stopped. */
async function startLong(
  runtime: ContainerRuntime,
  specOf: (script: CommandScript) => ContainerSpec,
): Promise<string> {
  const { containerId } = await runtime.create(specOf({ stdout: "up\n", delayMs: LONG_MS }));
  await runtime.start(containerId);
  await upAndRunning(runtime, containerId);
  return containerId;
}

async function upAndRunning(runtime: ContainerRuntime, containerId: string): Promise<void> {
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
