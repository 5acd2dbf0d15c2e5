/** Programs of a pipeline in a real sandbox, which is tight: what they can do to the runner, and what the runner can do to them. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { PodmanContainer } from "../../runner-agent/container/podman_container.ts";
import { plainSpec } from "../../runner-agent/container/test_world.ts";
import { callId } from "../../runner-agent/job/pipeline/call_id.ts";
import { openSandboxCalls, STATION_COMMAND } from "../../runner-agent/job/pipeline/sandbox_calls.ts";
import type { CallEnd, CallRequest, SandboxCalls } from "../../runner-agent/job/pipeline/station_ports.ts";
import { makeRunDirs, type RunDirs, runDirs } from "../../runner-agent/job/run_dirs.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { giveToOwner } from "../../runner-agent/worktree/give_to_owner.ts";
import { imageOf, openPodman } from "./podman_world.ts";

const never = new AbortController().signal;

interface Sandbox {
  readonly dirs: RunDirs;
  readonly runtime: PodmanContainer;
  readonly containerId: string;
  readonly calls: SandboxCalls;
  /** What another life of the runner has. */
  reopen(): SandboxCalls;
  run(name: string, script: string, more?: Partial<CallRequest>, signal?: AbortSignal): Promise<CallEnd>;
}

async function withSandbox(body: (sandbox: Sandbox) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "shopfloor_pipeline_" });
  const runtime = await openPodman(root);
  const runId = `run-${crypto.randomUUID().slice(0, 8)}`;
  await Deno.mkdir(`${root}/hubs`, { mode: 0o700 });
  const dirs = runDirs(root, `${root}/hubs`, runId);
  const work = `${root}/work`;
  await Deno.mkdir(work);
  const owner = await runtime.hostOwner();
  await makeRunDirs(dirs, {}, (paths) => giveToOwner(paths, owner));
  await giveToOwner([work], owner);
  const { containerId } = await runtime.create(plainSpec({
    runId,
    image: await imageOf("command"),
    command: STATION_COMMAND,
    networkProfile: "sealed",
    tmpfs: { "/tmp": 64 * 1024 * 1024 },
    limits: { memoryBytes: 512 * 1024 * 1024, pids: 512, cpus: 2 },
    mounts: [
      { source: dirs.hub, target: "/run/alp", isReadOnly: true },
      { source: work, target: "/workspace", isReadOnly: false },
      { source: dirs.home, target: "/home/agent", isReadOnly: false },
      { source: dirs.out, target: "/run/shopfloor", isReadOnly: false },
    ],
  }));
  const gone = new AbortController();
  const reopen = () => openSandboxCalls({ dirs, clock: systemClock, gone: gone.signal, log: () => {} });
  const calls = reopen();
  await runtime.start(containerId);
  const over = new AbortController();
  const ended = runtime.wait(containerId, over.signal).then(() => gone.abort(), () => {});
  try {
    await body({
      dirs,
      runtime,
      containerId,
      calls,
      reopen,
      run: (name, script, more = {}, signal = never) =>
        calls.run(
          callId(runId, name),
          { argv: ["/bin/sh", "-c", script], env: {}, stdin: null, timeoutMs: null, ...more },
          signal,
        ),
    });
  } finally {
    await runtime.remove(containerId);
    over.abort();
    await ended;
    runtime.close();
    await Deno.remove(root, { recursive: true });
  }
}

function answer(end: CallEnd): CallEnd & { readonly kind: "ended" } {
  assert.equal(end.kind, "ended", JSON.stringify(end));
  return end as CallEnd & { readonly kind: "ended" };
}

Deno.test("programs of a pipeline in a sandbox", async (t) => {
  await withSandbox(async ({ calls, reopen, run, dirs, runtime, containerId }) => {
    const callsOf = async (script: string, more: Partial<CallRequest> = {}) =>
      answer(await run(script, script, more));

    await t.step("a program is the agent's user in the workspace, with its input and its end", async () => {
      const { stdout, exitCode } = await callsOf('id -u; pwd; cat; echo "$A" >&2; exit 7', {
        stdin: "told",
        env: { A: "x y" },
      });
      assert.deepEqual([stdout, exitCode], ["1000\n/workspace\ntold", 7]);
    });

    await t.step("nothing of what tells the station can be written inside, but the pipe's wake", async () => {
      const { stdout } = await callsOf(
        "cd /run/alp/pipeline; for one in finish calls/9 calls/1/stop files/x console; do (mkdir $one || : >$one) 2>/dev/null && echo $one; done; echo stop 1 >wake; echo 'stop ../..' >wake; echo done",
      );
      assert.equal(stdout, "done\n");
      assert.equal((await callsOf("echo next")).stdout, "next\n");
    });

    await t.step("a wake that a program takes away is made up for", async () => {
      const thief = run("thief", "timeout 5 cat /run/alp/pipeline/wake >/dev/null");
      assert.equal((await callsOf("echo after the thief")).stdout, "after the thief\n");
      assert.equal((await callsOf("pkill -KILL cat; echo ended")).stdout, "ended\n");
      await thief;
    });

    await t.step("a program begins and ends within moments, and waiting costs next to nothing", async () => {
      const times: number[] = [];
      for (let n = 0; n < 10; n++) {
        const beganMs = performance.now();
        await callsOf(`echo ${n}`);
        times.push(performance.now() - beganMs);
      }
      const median = times.toSorted((a, b) => a - b)[5]!;
      console.log(`a program takes ${median.toFixed(0)} ms`);
      // Without cgroups nobody counts.
      const before = await runtime.usage(containerId);
      if (before === null) return;
      await callsOf("sleep 5");
      const spentMs = (await runtime.usage(containerId))!.cpuMs - before.cpuMs;
      console.log(`5 s of waiting cost ${spentMs.toFixed(0)} ms of CPU`);
      assert.ok(spentMs < 500, String(spentMs));
    });

    await t.step("sixty programs at once", async () => {
      const ends = await Promise.all(
        Array.from({ length: 60 }, (_, n) => run(`many ${n}`, `sleep 1; echo ${n}`)),
      );
      assert.deepEqual(ends.map((end) => answer(end).stdout), ends.map((_, n) => `${n}\n`));
    });

    await t.step("a program outlives the life of the runner that began it", async () => {
      const id = callId("other", "life");
      const script = "echo begun >>/tmp/begun; until [ -e /tmp/go ]; do sleep 0.1; done; cat /tmp/begun";
      const request = { argv: ["sh", "-c", script], env: {}, stdin: null, timeoutMs: null };
      void calls.run(id, request, never);
      await callsOf("until [ -e /tmp/begun ]; do sleep 0.05; done");
      const next = reopen();
      const ended = next.run(id, request, never);
      await callsOf("touch /tmp/go");
      assert.equal(answer(await ended).stdout, "begun\n");
      assert.equal(answer(await reopen().run(id, request, never)).stdout, "begun\n");
    });

    await t.step("what ignores TERM, forks and leaves its session is ended", async () => {
      const over = new AbortController();
      const script = `trap '' TERM; for n in 1 2 3; do (setsid sh -c "trap '' TERM; exec sleep 7777") & done
        touch /tmp/forked; while :; do sleep 0.1; done`;
      const ended = run("stubborn", script, {}, over.signal);
      await callsOf("until [ -e /tmp/forked ]; do sleep 0.05; done; sleep 0.3");
      over.abort();
      assert.deepEqual(await ended, { kind: "cancelled" });
      const left = await callsOf(
        "for p in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$p; echo; done 2>/dev/null | grep -c '^sleep 777[7]'",
      );
      assert.equal(left.stdout, "0\n");
      assert.deepEqual(await run("slow", "sleep 7777", { timeoutMs: 100 }), { kind: "timed_out" });
    });

    await t.step("a flood ends its program, and not the runner", async () => {
      const end = await run("flood", "exec cat /dev/zero", { streamMaxBytes: 1024 * 1024 });
      assert.ok(end.kind === "failed" && /went on/.test(end.message), JSON.stringify(end));
      await callsOf("rm -f /run/shopfloor/pipeline/*/stdout");
    });

    await t.step("links, pipes and folders where output is to be are not followed", async () => {
      const secret = join(dirs.root, "secret");
      await Deno.writeTextFile(secret, "secret");
      await Deno.chmod(secret, 0o644);
      const here = "out=$(readlink /proc/$$/fd/1)";
      for (
        const [name, trick] of Object.entries({
          link: `ln -sf ${secret} $out`,
          pipe: "rm $out; mkfifo $out",
          folder: "rm $out; mkdir $out",
          none: "rm -r ${out%/*}",
        })
      ) {
        const end = await run(`odd ${name}`, `echo on; ${here}; sleep 0.5; ${trick}; sleep 600`);
        assert.equal(end.kind, "failed", `${name}: ${JSON.stringify(end)}`);
        assert.ok(!JSON.stringify(end).includes('"secret"'));
      }
      assert.equal((await callsOf("echo goes on")).stdout, "goes on\n");
    });
  });
});

Deno.test("a sandbox ends with the status that it is told, after what was said, and with nothing left", async () => {
  await withSandbox(async ({ calls, run, runtime, containerId }) => {
    assert.equal(answer(await run("a", "setsid sleep 7777 >/dev/null 2>&1 & echo on")).stdout, "on\n");
    for (let n = 0; n < 100; n++) calls.say(`line ${n}`);
    await calls.finish(1);
    assert.equal((await runtime.wait(containerId, never)).exitCode, 1);
    let printed = "";
    const decoder = new TextDecoder();
    await runtime.output(
      containerId,
      (_, bytes) => printed += decoder.decode(bytes, { stream: true }),
      never,
    );
    assert.equal(printed, Array.from({ length: 100 }, (_, n) => `line ${n}\n`).join(""));
    assert.equal((await run("b", "true")).kind, "failed");
  });
});

Deno.test("a sandbox that is stopped tells its programs, which are not waited for beyond its grace", async () => {
  await withSandbox(async ({ run, runtime, containerId }) => {
    const told = run("a", "trap 'echo told; exit 3' TERM; touch /tmp/on; while :; do sleep 0.1; done");
    const deaf = run("b", "trap '' TERM; while :; do sleep 0.1; done");
    assert.equal(answer(await run("c", "until [ -e /tmp/on ]; do sleep 0.05; done")).exitCode, 0);
    await runtime.stop(containerId, 10_000);
    assert.equal((await runtime.wait(containerId, never)).exitCode, 143);
    const end = await told;
    assert.ok(
      end.kind === "failed" || (end.kind === "ended" && end.stdout === "told\n"),
      JSON.stringify(end),
    );
    await deaf;
  });
});
