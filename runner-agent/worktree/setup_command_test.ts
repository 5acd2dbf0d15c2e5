/** The command that runs a setup script before the agent, with a real shell. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { setupCommand } from "../domain/worktree_setup.ts";
import { setupFailure } from "../job/setup_failure.ts";

async function withOut(body: (out: string) => Promise<void>): Promise<void> {
  const out = await Deno.makeTempDir({ prefix: "shopfloor_setup_" });
  try {
    await body(out);
  } finally {
    await Deno.remove(out, { recursive: true });
  }
}

function start(script: string, out: string, command: readonly string[]) {
  const made = setupCommand(script, out, command);
  assert(made.ok);
  const [program, ...args] = made.value;
  return new Deno.Command(program!, { args, cwd: out, stdin: "null", stdout: "piped", stderr: "piped" })
    .spawn();
}

async function run(script: string, out: string, command: readonly string[]) {
  const { code, stdout } = await start(script, out, command).output();
  const failure = await setupFailure(out, { kind: "exited", exitCode: code, wasKilledForMemory: false });
  return { code, stdout: new TextDecoder().decode(stdout), failure };
}

Deno.test("the script runs first and once, and the command keeps its arguments and its status", async () => {
  await withOut(async (out) => {
    const command = ["/bin/sh", "-c", 'printf "[%s]" "$@"; exit 7', "x", "a b", "$HOME", ""];
    const script = "echo set up; touch made\n";
    assert.deepEqual(await run(script, out, command), {
      code: 7,
      stdout: "set up\n[a b][$HOME][]",
      failure: null,
    });
    await Deno.stat(join(out, "made"));
    assert.equal((await run(script, out, command)).stdout, "[a b][$HOME][]");
  });
});

Deno.test("a script that fails keeps the command from starting, says its status, and is run again next time", async () => {
  await withOut(async (out) => {
    const failed = await run("exit 3", out, ["touch", join(out, "started")]);
    assert.equal(failed.code, 125);
    assert.equal(failed.failure, "the agent was not started: its setup script ended with status 3");
    await assert.rejects(Deno.stat(join(out, "started")), Deno.errors.NotFound);
    assert.equal((await run("exit 0", out, ["true"])).code, 0);
  });
});

Deno.test("a script that takes too long is ended with all that it started, and said so", async () => {
  await withOut(async (out) => {
    const made = setupCommand("sleep 300 & echo $! >pid; wait", out, ["true"], 1_000);
    assert(made.ok);
    const [program, ...args] = made.value;
    const { code } = await new Deno.Command(program!, { args, cwd: out, stderr: "null" }).output();
    const ending = { kind: "exited", exitCode: code, wasKilledForMemory: false } as const;
    assert.equal(
      await setupFailure(out, ending),
      "the agent was not started: its setup script took more than 1 s",
    );
    const pid = (await Deno.readTextFile(join(out, "pid"))).trim();
    while (await isAlive(pid)) await tick();
  });
});

Deno.test("TERM while the script runs ends it and what it started", async () => {
  await withOut(async (out) => {
    const child = start("sleep 300 & echo $! >pid; wait", out, ["true"]);
    while (await Deno.stat(join(out, "pid")).catch(() => null) === null) await tick();
    let pid = "";
    while (pid === "") {
      pid = (await Deno.readTextFile(join(out, "pid"))).trim();
      await tick();
    }
    child.kill("SIGTERM");
    const { code } = await child.output();
    assert.equal(code, 143);
    while (await isAlive(pid)) await tick();
  });
});

Deno.test("a script that is too long for a process is refused with the bound", () => {
  const made = setupCommand("x".repeat(70_000), "/out", ["true"]);
  assert(!made.ok);
  assert.match(made.error, /at most 65536 bytes: current value has 70000/);
});

/** Between two looks; the test's own deadline ends the looking. */
const tick = () => new Promise((resolve) => setTimeout(resolve, 5));

async function isAlive(pid: string): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => null);
  return status !== null && !/\) Z /.test(status);
}
