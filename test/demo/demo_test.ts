/** The demo as a user types it: real Podman, stock git, real processes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { runCommand } from "../../tools/setup/run_command.ts";
import { Demo, leftovers } from "./demo_process.ts";

async function git(...args: string[]): Promise<string> {
  const result = await runCommand("git", args);
  assert.equal(result.code, 0, result.stderr);
  return result.stdout.trim();
}

const options = { sanitizeOps: false, sanitizeResources: false };

Deno.test({
  name: "demo --yes --exit delivers the branch, leaves the clone, and stops all that it started",
  ...options,
  fn: async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "sf-demo-" });
    const demo = new Demo(dataDir, ["--yes", "--exit"]);
    const code = await demo.exitCode();
    assert.equal(code, 0, demo.text);
    const taskId = /task: ([0-9a-z]{26})/.exec(demo.text)?.[1];
    assert.ok(taskId, demo.text);
    assert.match(demo.text, /board: http:\/\/127\.0\.0\.1:\d+/);
    assert.match(demo.text, /format \| Committed /);
    assert.match(demo.text, /check \| .*3 passed/);
    assert.match(demo.text, /\+export type Count = \{ word: string; times: number \};/);
    assert.match(demo.text, /deliver \| Delivered /);
    const clone = join(dataDir, "demo", taskId);
    assert.match(await Deno.readTextFile(join(clone, "reports/check.md")), /All tests pass/);
    assert.equal((await git("-C", clone, "log", "--format=%s", "main")).split("\n")[0], "report: check");
    const head = await git("-C", join(dataDir, "demo/untidy.git"), "rev-parse", `task-${taskId}`);
    assert.ok(demo.text.includes(`delivered: ${head}`), demo.text);
    assert.equal(await git("-C", clone, "rev-parse", `origin/work/task-${taskId}`), head);
    assert.deepEqual(await leftovers(dataDir), []);
    const token = (await Deno.readTextFile(join(dataDir, "admin_token"))).trim();
    assert.ok(!demo.text.includes(token), "the admin token is not printed");
    await Deno.remove(dataDir, { recursive: true });
  },
});

Deno.test({
  name: "a runner that is killed while its station works is started again, and the demo goes on",
  ...options,
  fn: async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "sf-demo-" });
    const demo = new Demo(dataDir, ["--yes", "--exit", "--runners", "1"]);
    await demo.said(/format \| /);
    for await (const { name } of Deno.readDir("/proc")) {
      if (!/^\d+$/.test(name)) continue;
      const argv = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
      if (
        argv.includes(dataDir) && argv.includes("runner-agent/main.ts\0run\0") && !argv.startsWith("sh\0")
      ) {
        Deno.kill(Number(name), "SIGKILL");
      }
    }
    await demo.said(/runner runner-1 ended, see .*runner\.log: starting it again in 1 s/);
    assert.equal(await demo.exitCode(), 0, demo.text);
    assert.match(demo.text, /deliver \| Delivered /);
    assert.deepEqual(await leftovers(dataDir), []);
    await Deno.remove(dataDir, { recursive: true });
  },
});

Deno.test({
  name: "without --exit the demo stays up, its git clone line works, and Ctrl-C ends it with status 0",
  ...options,
  fn: async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "sf-demo-" });
    const demo = new Demo(dataDir, ["--yes"]);
    const line = (await demo.said(/clone it yourself: (.+)/))[1]!;
    await demo.said(/Ctrl-C stops everything/);
    const into = await Deno.makeTempDir({ prefix: "sf-clone-" });
    const cloned = await runCommand("sh", ["-c", line], { cwd: into });
    assert.equal(cloned.code, 0, cloned.stderr);
    const taskId = /task: ([0-9a-z]{26})/.exec(demo.text)![1]!;
    assert.match(await Deno.readTextFile(join(into, taskId, "reports/check.md")), /All tests pass/);
    demo.interrupt();
    assert.equal(await demo.exitCode(), 0);
    assert.deepEqual(await leftovers(dataDir), []);
    await Deno.remove(dataDir, { recursive: true });
    await Deno.remove(into, { recursive: true });
  },
});

Deno.test({
  name:
    "a reject through the gate's link ends the task as failed with the reason, and the demo with status 1",
  ...options,
  fn: async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "sf-demo-" });
    const demo = new Demo(dataDir, ["--exit"]);
    const [, address, token] = await demo.said(/(http:\/\/[^\s#]+)\/g#(\S+)/);
    const answer = await fetch(`${address}/v1/gate/redeem`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ action: "reject", reason: "the README lost its soul" }),
    });
    assert.equal(answer.status, 200, await answer.text());
    assert.equal(await demo.exitCode(), 1, demo.text);
    assert.match(demo.text, /failed: the README lost its soul/);
    assert.deepEqual(await leftovers(dataDir), []);
    await Deno.remove(dataDir, { recursive: true });
  },
});
