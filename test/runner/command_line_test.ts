/** The runner's program as a person uses it. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OWNER, PROJECT, USER_TOKEN } from "../fake/control_plane.ts";
import { type RunnerRig, withRunnerRig } from "../fake/runner_rig.ts";

const MAIN = fileURLToPath(new URL("../../runner-agent/main.ts", import.meta.url));

async function runner(args: readonly string[], env: Record<string, string> = {}) {
  const done = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, ...args],
    env: { SHOPFLOOR_TOKEN: "", NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code: done.code, stdout: decoder.decode(done.stdout), stderr: decoder.decode(done.stderr) };
}

function registerArgs(rig: RunnerRig): readonly string[] {
  return [
    "register",
    "--server",
    rig.plane.url,
    "--owner",
    OWNER,
    "--project",
    PROJECT,
    "--name",
    "shed",
    "--data",
    join(rig.root, "fresh"),
  ];
}

Deno.test("every command explains itself", async () => {
  for (const command of ["register", "run", "list", "doctor"]) {
    const { code, stdout } = await runner([command, "--help"]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^Usage: runner ${command}`));
  }
});

Deno.test("register stores the runner's token for its owner only and never prints it", async () => {
  await withRunnerRig(async (rig) => {
    const { code, stdout, stderr } = await runner(registerArgs(rig), { SHOPFLOOR_TOKEN: USER_TOKEN });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^registered shed \(/);
    const file = join(rig.root, "fresh", "runner.json");
    assert.equal((Deno.statSync(file).mode! & 0o777).toString(8), "600");
    const { token } = JSON.parse(await Deno.readTextFile(file)).registrations[0];
    assert.ok(!(stdout + stderr).includes(token) && !(stdout + stderr).includes(USER_TOKEN));
    const listed = await runner(["list", "--data", join(rig.root, "fresh")]);
    assert.match(listed.stdout, /^shed\t.*\tacme\/web\t.*\tonline$/m);
  });
});

Deno.test("register takes the token from a file, and says what is wrong without one", async () => {
  await withRunnerRig(async (rig) => {
    const missing = await runner(registerArgs(rig));
    assert.equal(missing.code, 1);
    assert.match(missing.stderr, /set SHOPFLOOR_TOKEN or --token-file/);
    await Deno.writeTextFile(join(rig.root, "token"), `${USER_TOKEN}\n`);
    assert.equal((await runner([...registerArgs(rig), "--token-file", join(rig.root, "token")])).code, 0);
    const wrong = await runner(registerArgs(rig), { SHOPFLOOR_TOKEN: "wrong-token" });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /401 unauthenticated/);
  });
});

Deno.test("run without Podman says what to do and does not fall back to a plain process", async () => {
  await withRunnerRig(async (rig) => {
    rig.addJob({ operatorConfig: { command: "true" } });
    const { code, stderr } = await runner([
      "run",
      "--data",
      rig.dataDir,
      "--podman-socket",
      join(rig.root, "none.sock"),
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /Podman must answer at .*none\.sock/);
    assert.match(stderr, /--runtime process.*isolates nothing/);
    assert.equal(rig.plane.runs.size, 0);
  });
});

Deno.test("run before register says so", async () => {
  const dir = await Deno.makeTempDir();
  const { code, stderr } = await runner(["run", "--data", dir]);
  await Deno.remove(dir, { recursive: true });
  assert.equal(code, 1);
  assert.match(stderr, /use 'register' first/);
});

Deno.test("doctor fails while something that is needed is missing", async () => {
  await withRunnerRig(async (rig) => {
    const good = await runner(["doctor", "--data", rig.dataDir, "--runtime", "process"]);
    assert.match(good.stdout, /^ok {3}control plane of rig:/m);
    assert.match(good.stdout, /^ok {3}token of rig: accepted/m);
    assert.equal(good.code, 0, good.stdout);
    const bad = await runner([
      "doctor",
      "--data",
      rig.dataDir,
      "--podman-socket",
      join(rig.root, "none.sock"),
    ]);
    assert.match(bad.stdout, /^FAIL podman:/m);
    assert.equal(bad.code, 1);
    const none = await runner(["doctor", "--data", join(rig.root, "none"), "--runtime", "process"]);
    assert.match(none.stdout, /^FAIL registration:/m);
    const faults = [good, bad, none].flatMap(({ stdout }) => stdout.match(/^(?:warn|FAIL) .*/gm) ?? []);
    for (const line of faults) assert.match(line, /\(disables: .+\)$/);
  });
});

Deno.test("the process runtime warns; SIGTERM lets the job finish; output is printed; no secret is in the log", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({
      operatorConfig: { command: `echo begun; while [ ! -e ${rig.root}/go ]; do sleep 0.02; done; env` },
    });
    const program = rig.startProcess("--runtime", "process", "--stream-output", "--polling-interval", "0.05");
    await rig.plane.until("output", () => rig.plane.outputOf(jobId).includes("begun"));
    program.signal("SIGTERM");
    await program.seen("drain", (event) => event.event === "runner_draining");
    await Deno.writeTextFile(join(rig.root, "go"), "");
    assert.equal((await program.status).code, 0);
    const run = rig.plane.runs.get(jobId)!;
    assert.equal(run.outcome?.jobResult, "success");
    assert.ok(program.events.some((event) => event.event === "nothing_isolated"));
    assert.match(program.stdout(), /^\[Build\] begun$/m);
    const said = program.stdout() + JSON.stringify(program.events);
    for (const secret of [run.job.jobToken!, rig.registration.token]) assert.ok(!said.includes(secret));
  });
});

Deno.test("a second SIGTERM stops the job and reports it", async () => {
  await withRunnerRig(async (rig) => {
    const jobId = rig.addJob({ operatorConfig: { command: "echo begun; sleep 600" } });
    const program = rig.startProcess("--runtime", "process", "--polling-interval", "0.05");
    await rig.plane.until("output", () => rig.plane.outputOf(jobId).includes("begun"));
    program.signal("SIGTERM");
    await program.seen("drain", (event) => event.event === "runner_draining");
    program.signal("SIGTERM");
    assert.equal((await program.status).code, 0);
    const { outcome } = rig.plane.runs.get(jobId)!;
    assert.deepEqual([outcome?.jobResult, outcome?.reason], ["failed", "runner_stopped"]);
  });
});

Deno.test("one registration runs once at a time", async () => {
  await withRunnerRig(async (rig) => {
    const first = rig.startProcess("--runtime", "process");
    await first.seen("start", (event) => event.event === "runner_started");
    const second = rig.startProcess("--runtime", "process");
    assert.equal((await second.status).code, 1);
    first.signal("SIGTERM");
    assert.equal((await first.status).code, 0);
  });
});

Deno.test("a data directory of the settings file is found by every command that has one", async () => {
  await withRunnerRig(async (rig) => {
    const settings = join(rig.root, "settings.yaml");
    await Deno.writeTextFile(settings, "data_dir: elsewhere\n");
    const args = registerArgs(rig).filter((arg) => arg !== "--data" && arg !== join(rig.root, "fresh"));
    const made = await runner([...args, "--settings", settings], { SHOPFLOOR_TOKEN: USER_TOKEN });
    assert.equal(made.code, 0, made.stderr);
    await Deno.stat(join(rig.root, "elsewhere", "runner.json"));
    const listed = await runner(["list", "--settings", settings]);
    assert.match(listed.stdout, /^shed\t/m, listed.stderr);
    const agents = await runner(["agents", "--settings", settings]);
    assert.match(agents.stdout, /no agents in terminals/, agents.stderr);
    const wrong = await runner(["list", "--settings", join(rig.root, "none.yaml")]);
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /Cannot read the settings/);
  });
});
