/** The part of the contract for agents in a terminal: state, programs beside the command, terminals, pause, images. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { ContainerRuntime, ContainerSpec } from "../ports.ts";
import {
  type CommandScript,
  type ContractTests,
  eventually,
  LONG_MS,
  never,
  upAndRunning,
} from "./container_contract.ts";

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

/** Run with the rest by `testContainerContract`. */
export const PROGRAM_TESTS: ContractTests = {
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
    assert.equal(await runtime.imageId("localhost/shopfloor-no-such-image:1"), null);
    // Nobody listens on port 1.
    await assert.rejects(
      runtime.pullImage("127.0.0.1:1/none:1", () => {}),
      /Cannot pull 127.0.0.1:1\/none:1/,
    );
  },
};
