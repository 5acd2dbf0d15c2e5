import assert from "node:assert/strict";
import type { ExecRequest } from "../ports.ts";
import { createAgentScripts, scriptLine } from "./agent_scripts.ts";

/** A sandbox that is this machine. */
const runtime = {
  async exec(_id: string, { argv }: ExecRequest) {
    const { code, stdout, stderr } = await new Deno.Command(argv[0]!, { args: argv.slice(1) }).output();
    return { exitCode: code, stdout, stderr, timedOut: false };
  },
};

Deno.test("a program is found with its pid and ended with its group, once, and none that took its pid", async () => {
  const scripts = createAgentScripts(runtime, "c", "claude");
  // It ignores TERM, and has a child in its group.
  const child = new Deno.Command("setsid", {
    args: ["sh", "-c", "trap '' TERM; echo up; sleep 3333 & wait; wait; sleep 3333"],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  const mine = (await scripts.list()).find(({ pid }) => pid === child.pid)!;
  assert.match(scriptLine(mine), /^\d+-\d+\t\ds\tsh -c trap .*sleep 3333$/);
  assert.equal(await scripts.stop(`${child.pid}-1`), false, "another start is another program");
  assert.equal(await scripts.stop(mine.id), true);
  assert.equal((await child.status).signal, "SIGKILL");
  assert.equal((await reader.read()).done, true, "its child has let go of the output");
  reader.releaseLock();
  assert.equal(await scripts.stop(mine.id), false);
  assert.ok(!(await scripts.list()).some(({ pid }) => pid === 1));
});
