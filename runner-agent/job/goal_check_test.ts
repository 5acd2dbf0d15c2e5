import assert from "node:assert/strict";
import { ok } from "../../protocol/result.ts";
import type { ExecRequest } from "../ports.ts";
import { CHECK_OUTPUT_BYTES } from "../limits.ts";
import { createCheck } from "./goal_check.ts";
import type { RunContext } from "./run_context.ts";

/** A sandbox that is this machine. */
async function exec(_id: string, { argv, maxBytes }: ExecRequest) {
  const { code, stdout, stderr } = await new Deno.Command(argv[0]!, { args: argv.slice(1) }).output();
  return { exitCode: code, stdout: stdout.subarray(0, maxBytes), stderr, timedOut: false };
}
let isAwaited = false;
const CONTEXT = {
  deps: {
    runtime: { exec },
    worktrees: {
      harvest: () => Promise.resolve(ok({ headCommit: "c0", commitCount: 1, uncommittedPaths: [] })),
    },
  },
  run: { runId: "r" },
  activity: { begin: () => (isAwaited = true, { note: () => {}, end: () => isAwaited = false }) },
} as unknown as RunContext;

const run = (command: string) =>
  createCheck(
    CONTEXT,
    { command, timeoutMs: 1_000, roundsMax: 1, sameFailureMax: 1, noProgressMax: 1 },
    () => "c",
  ).run();

Deno.test("a check has its command's exit code, and both of its outputs in their order", async () => {
  assert.deepEqual(await run("echo one; echo 'two \"2\"' >&2; exit 3"), {
    ...{ exitCode: 3, timedOut: false, output: 'one\ntwo "2"\n', headCommit: "c0" },
  });
  assert.equal((await run("true")).exitCode, 0);
  assert.equal((await run("no-such-program-anywhere")).exitCode, 127);
  assert.equal(isAwaited, false);
});

Deno.test("of a long output the end is kept", async () => {
  const { output } = await run("seq 1 20000; echo the end; exit 1");
  assert.equal(output.length, CHECK_OUTPUT_BYTES);
  assert.match(output, /19999\n20000\nthe end\n$/);
});
