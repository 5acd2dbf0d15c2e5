import assert from "node:assert/strict";
import { join } from "node:path";
import { withTempDir } from "../../test/fake/temp_dir.ts";
import { runShell } from "./shell.ts";

const never = new AbortController().signal;
const request = { cwd: "/", environment: { PATH: "/usr/bin:/bin", WORD: "here" }, timeoutMs: null };
const noWarning = (message: string) => assert.fail(message);

Deno.test("a command's output, errors and exit code are apart, and its environment is what was given", async () => {
  const command = 'echo "$WORD $HOME."; echo oops >&2; exit 7';
  const answer = await runShell({ ...request, command }, never, noWarning);
  assert.deepEqual(answer, { ok: true, value: { stdout: "here .\n", stderr: "oops\n", exitCode: 7 } });
});

Deno.test("a command that a signal ended has the exit code -1", async () => {
  const answer = await runShell({ ...request, command: "kill -9 $$" }, never, noWarning);
  assert.ok(answer.ok);
  assert.equal(answer.value.exitCode, -1);
});

Deno.test("a command whose time is over is ended with all that it started", async () => {
  await withTempDir(async (dir) => {
    const command = `sh -c 'echo $$ > ${join(dir, "pid")}; exec sleep 60' & wait`;
    const answer = await runShell({ ...request, command, timeoutMs: 300 }, never, noWarning);
    assert.ok(!answer.ok);
    assert.equal(answer.error.type, "ail:runner/timeout");
    const pid = Number(await Deno.readTextFile(join(dir, "pid")));
    const untilMs = Date.now() + 5_000;
    while (isAlive(pid) && Date.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(isAlive(pid), false);
  });
});

Deno.test("a command that nobody waits for is ended", async () => {
  const controller = new AbortController();
  const running = runShell({ ...request, command: "sleep 60" }, controller.signal, noWarning);
  controller.abort();
  const answer = await running;
  assert.ok(!answer.ok);
  assert.equal(answer.error.type, "ail:runner/cancelled");
});

Deno.test("bytes that are no text become the replacement character", async () => {
  const answer = await runShell({ ...request, command: "printf 'a\\377b'" }, never, noWarning);
  assert.ok(answer.ok);
  assert.equal(answer.value.stdout, "a\ufffdb");
});

/** A process that has ended and was not yet reaped is none. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
