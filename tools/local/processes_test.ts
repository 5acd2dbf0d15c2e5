import assert from "node:assert/strict";
import { join } from "node:path";
import { endLeftovers, remember, STATE_VARIABLE } from "./leftovers.ts";
import { type Child, startChild, waitUntilReady } from "./processes.ts";

const DEADLINE_MS = 10_000;

/** A child with a child of its own; both pids are in its log as soon as it is ready. */
function startFamily(
  logPath: string,
  options: { env?: Record<string, string>; ignoresTerm?: boolean; graceSeconds?: number } = {},
): Child {
  const trap = options.ignoresTerm === true ? "trap '' TERM;" : "trap 'exit 0' TERM;";
  return startChild({
    name: "family",
    argv: ["sh", "-c", `${trap} tail -f /dev/null & echo "$$ $! ready"; wait; wait`],
    logPath,
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.graceSeconds === undefined ? {} : { graceSeconds: options.graceSeconds }),
  });
}

async function pidsOf(child: Child): Promise<readonly number[]> {
  await waitUntilReady(child, {
    deadlineMs: DEADLINE_MS,
    isReady: async () => (await Deno.readTextFile(child.logPath!)).includes("ready"),
  });
  return (await Deno.readTextFile(child.logPath!)).trim().split("\n").at(-1)!.split(" ").slice(0, 2).map(
    Number,
  );
}

async function isAlive(pid: number): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "");
  return stat !== "" && stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
}

async function allGone(pids: readonly number[]): Promise<void> {
  const endMs = performance.now() + DEADLINE_MS;
  while ((await Promise.all(pids.map(isAlive))).some((alive) => alive)) {
    assert.ok(performance.now() < endMs, `still alive: ${pids.join(", ")}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "shopfloor_processes_" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("stop ends a child and its children", () =>
  withFolder(async (folder) => {
    const child = startFamily(join(folder, "log"));
    const pids = await pidsOf(child);
    await child.stop();
    await child.stop();
    await allGone(pids);
    assert.ok(child.hasEnded());
  }));

Deno.test("a child that ignores SIGTERM is killed after its grace", () =>
  withFolder(async (folder) => {
    const child = startFamily(join(folder, "log"), { ignoresTerm: true, graceSeconds: 1 });
    const pids = await pidsOf(child);
    const askedAtMs = performance.now();
    await child.stop();
    assert.ok(performance.now() - askedAtMs >= 900, "it had its grace");
    await allGone(pids);
  }));

Deno.test("kill9 takes the whole group at once", () =>
  withFolder(async (folder) => {
    const child = startFamily(join(folder, "log"));
    const pids = await pidsOf(child);
    await child.kill9();
    await allGone([...pids, child.pid]);
  }));

Deno.test("when a child dies by itself, its children go with it", () =>
  withFolder(async (folder) => {
    const child = startFamily(join(folder, "log"));
    const pids = await pidsOf(child);
    Deno.kill(pids[0]!, "SIGKILL");
    await child.ended;
    await allGone(pids);
  }));

Deno.test("when the parent is killed with SIGKILL, no child outlives it", () =>
  withFolder(async (folder) => {
    const script = join(folder, "parent.ts");
    const processes = new URL("./processes.ts", import.meta.url).href;
    await Deno.writeTextFile(
      script,
      `import { startChild } from ${JSON.stringify(processes)};
       startChild({ name: "x", argv: ["sh", "-c", "echo $$ $$ ready; exec tail -f /dev/null"], logPath: ${
        JSON.stringify(join(folder, "log"))
      } });
       await new Promise(() => setInterval(() => {}, 1000));`,
    );
    const parent = startChild({ name: "parent", argv: [Deno.execPath(), "run", "-A", "--no-check", script] });
    const childLog = { ...parent, logPath: join(folder, "log") };
    await Deno.writeTextFile(childLog.logPath, "");
    const [pid] = await pidsOf(childLog);
    await parent.kill9();
    await allGone([pid!]);
  }));

Deno.test("a child that ends while it starts is an error with the end of its log, of this start only", () =>
  withFolder(async (folder) => {
    const logPath = join(folder, "log");
    await Deno.writeTextFile(logPath, "from an older start\n");
    const child = startChild({ name: "thing", argv: ["sh", "-c", "echo no such port; exit 3"], logPath });
    await assert.rejects(
      waitUntilReady(child, { deadlineMs: DEADLINE_MS, isReady: () => Promise.resolve(false) }),
      (error: Error) =>
        /thing must stay up/.test(error.message) && /no such port/.test(error.message) &&
        !/older/.test(error.message),
    );
  }));

Deno.test("what a killed run left behind is ended, and only that", () =>
  withFolder(async (folder) => {
    const statePath = join(folder, "state.json");
    assert.equal(await endLeftovers("thing", statePath), null);
    const ours = startFamily(join(folder, "log"), {
      env: { [STATE_VARIABLE]: statePath },
      ignoresTerm: true,
    });
    const pids = await pidsOf(ours);
    await remember(statePath, { pid: ours.pid, port: 1 });
    // The keeper alone dies, so nobody ends the rest.
    Deno.kill(ours.pid, "SIGKILL");
    await ours.ended;
    const other = startFamily(join(folder, "other"), { env: { [STATE_VARIABLE]: "another" } });
    const others = await pidsOf(other);
    assert.deepEqual(await endLeftovers("thing", statePath), { pid: ours.pid, port: 1 });
    await allGone(pids);
    await remember(statePath, { pid: other.pid, port: 1 });
    await endLeftovers("thing", statePath);
    assert.ok(await isAlive(others[1]!), "a group with our number but not our mark is left alone");
    await other.kill9();
  }));

Deno.test("a child has none of our tokens but those that it was given", async () => {
  await withFolder(async (folder) => {
    const before = Deno.env.toObject();
    Deno.env.set("SHOPFLOOR_ADMIN_TOKEN", "admin-secret");
    Deno.env.set("HISTORY_AUTH_TOKEN", "history-secret");
    try {
      const logPath = join(folder, "log");
      const child = startChild({
        name: "env",
        argv: ["env"],
        env: { HISTORY_AUTH_TOKEN: "given", OTHER: "thing" },
        logPath,
      });
      await child.ended;
      const lines = (await Deno.readTextFile(logPath)).split("\n");
      assert.ok(lines.includes("HISTORY_AUTH_TOKEN=given") && lines.includes("OTHER=thing"));
      assert.ok(lines.includes(`PATH=${before["PATH"]}`), "the rest is inherited");
      assert.ok(!lines.some((line) => line.includes("-secret")), "a token came along");
    } finally {
      for (const name of ["SHOPFLOOR_ADMIN_TOKEN", "HISTORY_AUTH_TOKEN"]) {
        if (before[name] === undefined) Deno.env.delete(name);
        else Deno.env.set(name, before[name]);
      }
    }
  });
});
