import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withTempDir } from "../../test/fake/temp_dir.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = join(ROOT, "runner-agent/ail/main.ts");

function command(dir: string, args: readonly string[]): Deno.Command {
  return commandOf(Deno.execPath(), dir, args);
}

function commandOf(program: string, dir: string, args: readonly string[]): Deno.Command {
  // What a shell has, such as the certificates that downloads need; but nothing of this run's own settings, nor the folder
  // in which a task around it was called, which a task inside would keep.
  const kept = Object.fromEntries(
    Object.entries(Deno.env.toObject()).filter(([name]) => name !== "INIT_CWD" && !name.startsWith("AIL_")),
  );
  const home = Deno.env.get("HOME") ?? "";
  return new Deno.Command(program, {
    args: [...args],
    cwd: dir,
    clearEnv: true,
    env: {
      ...kept,
      // The cache of packages stays where it is, though the home is another.
      DENO_DIR: kept["DENO_DIR"] ?? join(home, ".cache/deno"),
      HOME: dir,
      DENO: Deno.execPath(),
      AIL_DEFAULT_RUNNER: "stub",
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("the task acts on the folder in which it was called", async () => {
  await withTempDir(async (dir) => {
    const task = ["task", "--quiet", "--config", join(ROOT, "deno.json"), "ail"];
    const init = await command(dir, [...task, "init", "starter"]).output();
    assert.equal(init.code, 0, text(init.stderr));
    assert.match(await Deno.readTextFile(join(dir, ".ail/starter/default.yaml")), /id: review/);
    const run = await command(dir, [...task, "--once", "hello"]).output();
    assert.equal(run.code, 0, text(run.stderr));
    assert.equal(text(run.stdout), "stub response\n\n--- review ---\nstub response\n");
  });
});

const LONG = `version: "1"
pipeline:
  - id: long
    context: {shell: 'echo $$ > pid; exec sleep 60'}
`;

Deno.test("Ctrl-C ends the run in good order, and what it was running", async () => {
  await withTempDir(async (dir) => {
    await Deno.writeTextFile(join(dir, "p.yaml"), LONG);
    const args = ["run", "-A", MAIN, "--pipeline", "p.yaml", "--output-format", "json", "hello"];
    const child = command(dir, args).spawn();
    const pid = await pidIn(join(dir, "pid"));
    child.kill("SIGINT");
    const { code, stdout } = await child.output();
    assert.equal(code, 130);
    assert.match(text(stdout), /"type":"pipeline_error"[^\n]*\n$/);
    assert.equal(isAlive(pid), false);
    const log = await command(dir, ["run", "-A", MAIN, "logs"]).output();
    assert.match(text(log.stdout), /status: failed/);
  });
});

Deno.test("a run whose reader has gone ends with what it was running", async () => {
  await withTempDir(async (dir) => {
    const first = "  - id: first\n    context: {shell: 'sleep 1'}\n  - id: long";
    await Deno.writeTextFile(join(dir, "p.yaml"), LONG.replace("  - id: long", first));
    const args = ["run", "-A", MAIN, "--pipeline", "p.yaml", "--output-format", "json", "hello"];
    const child = command(dir, args).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    await child.stderr.cancel();
    assert.equal((await child.status).code, 130);
    await assert.rejects(Deno.stat(join(dir, "pid")), Deno.errors.NotFound);
  });
});

Deno.test("validate --watch looks again when the file has changed, until Ctrl-C", async () => {
  await withTempDir(async (dir) => {
    const path = join(dir, "p.yaml");
    await Deno.writeTextFile(path, LONG);
    const child = command(dir, ["run", "-A", MAIN, "validate", "--watch", "--pipeline", "p.yaml"]).spawn();
    const errors = child.stderr.getReader();
    const reader = child.stdout.getReader();
    assert.equal(text((await reader.read()).value!), "Pipeline valid: 1 step(s)\n");
    // Written until it is seen: the first may come before the folder is watched.
    let isSeen = false;
    const seen = errors.read().then(({ value }) => {
      isSeen = true;
      return text(value!);
    });
    for (const deadline = Date.now() + 20_000; !isSeen && Date.now() < deadline;) {
      await Deno.writeTextFile(path, "version: 1\n");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.match(await seen, /^\[ail:config\/invalid-yaml\]/);
    child.kill("SIGINT");
    assert.equal((await child.status).code, 1);
    await reader.cancel();
    await errors.cancel();
  });
});

Deno.test("validate --watch looks into folders that a change brought in", async () => {
  await withTempDir(async (dir) => {
    const write = (name: string, content: string) => Deno.writeTextFile(join(dir, name), content);
    await Deno.mkdir(join(dir, "parts"));
    await write("p.yaml", LONG);
    await write("parts/base.yaml", LONG);
    const child = command(dir, ["run", "-A", MAIN, "validate", "--watch", "--pipeline", "p.yaml"]).spawn();
    const reader = child.stdout.getReader();
    const errors = child.stderr.getReader();
    assert.equal(text((await reader.read()).value!), "Pipeline valid: 1 step(s)\n");
    // Written until it is seen: a folder is watched some time after it was named.
    const until = async (isSeen: Promise<unknown>, act: () => Promise<void>) => {
      let isOver = false;
      isSeen.finally(() => isOver = true);
      for (const deadline = Date.now() + 20_000; !isOver && Date.now() < deadline;) {
        await act();
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      return await isSeen;
    };
    const own = "pipeline: [{id: own, prompt: x}]\n";
    const valid = reader.read().then(({ value }) => text(value!));
    const inherits = () => write("p.yaml", `version: "1"\nFROM: ./parts/base.yaml\n${own}`);
    assert.match(await until(valid, inherits) as string, /Pipeline valid: 2/);
    const faulty = errors.read().then(({ value }) => text(value!));
    const breaks = () => write("parts/base.yaml", "version: 1\n");
    assert.match(await until(faulty, breaks) as string, /base\.yaml/);
    child.kill("SIGINT");
    assert.equal((await child.status).code, 1);
    await reader.cancel();
    await errors.cancel();
  });
});

Deno.test("logs --tail prints the runs that come", async () => {
  await withTempDir(async (dir) => {
    assert.equal((await command(dir, ["run", "-A", MAIN, "first"]).output()).code, 0);
    const child = command(dir, ["run", "-A", MAIN, "logs", "--tail"]).spawn();
    const reader = child.stdout.getReader();
    const first = text((await reader.read()).value!);
    assert.equal((await command(dir, ["run", "-A", MAIN, "second"]).output()).code, 0);
    const second = text((await reader.read()).value!);
    const idIn = (block: string) => /run_id: (\S+)/.exec(block)![1];
    assert.notEqual(idIn(first), idIn(second));
    child.kill("SIGINT");
    const { code } = await child.status;
    assert.equal(code, 0);
    await reader.cancel();
    await child.stderr.cancel();
  });
});

Deno.test("what is built runs from any folder, with the files that belong to it", async () => {
  await withTempDir(async (dir) => {
    const built = join(dir, "built");
    const build = await command(ROOT, ["run", "-A", join(ROOT, "tools/ail_build.ts"), "--out", built])
      .output();
    assert.equal(build.code, 0, text(build.stderr));
    const empty = join(dir, "empty");
    await Deno.mkdir(empty);
    const launch = (...args: string[]) => commandOf(join(built, "ail"), empty, args).output();
    assert.match(text((await launch("init", "starter")).stdout), /wrote \.ail\/starter\/default\.yaml/);
    const run = await launch("--once", "hello");
    assert.equal(text(run.stdout), "stub response\n\n--- review ---\nstub response\n", text(run.stderr));
    assert.match(text((await launch("spec", "--section", "s12")).stdout), /^# Conditions\n/);
  });
});

/** Waits until a command has written its id. */
async function pidIn(path: string): Promise<number> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    try {
      const pid = Number(await Deno.readTextFile(path));
      if (pid > 0) return pid;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the command has not begun in time");
}

/** A process that has ended and was not yet reaped is none. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
