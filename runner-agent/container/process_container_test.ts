import assert from "node:assert/strict";
import { collectOutput, eventually, testContainerContract } from "./container_contract.ts";
import { ProcessContainer } from "./process_container.ts";
import { UnsupportedByRuntimeError } from "./unsupported.ts";
import { plainSpec, realClock, shellSpec, unstartableSpec } from "./test_world.ts";

function openProcessWorld() {
  const baseDir = Deno.makeTempDirSync({ prefix: "shopfloor-process-" });
  const reopen = (instance = "tests") =>
    new ProcessContainer({ stateDir: `${baseDir}/runs`, instance, clock: realClock, warn: () => {} });
  return { baseDir, reopen, runtime: reopen(), close: () => Deno.remove(baseDir, { recursive: true }) };
}

testContainerContract({
  name: "process",
  skips: [
    {
      test: "what is paused still counts as running, is stopped all the same, and pausing is idempotent",
      reason: "a plain process is not frozen",
    },
    { test: "what is paused can be removed", reason: "a plain process is not frozen" },
    {
      test: "a terminal has its size, takes what is typed and ends with the program's exit code",
      reason: "a plain process has no terminal",
    },
    { test: "images are there or not, and a pull that fails says why", reason: "it has no images" },
  ],
  open() {
    const world = openProcessWorld();
    return Promise.resolve({
      ...world,
      specOf: (script) => shellSpec(world.baseDir, script, (hostDir) => hostDir, ""),
      unstartable: () => unstartableSpec(world.baseDir, ""),
    });
  },
});

async function run(runtime: ProcessContainer, spec: Parameters<ProcessContainer["create"]>[0]) {
  const { containerId } = await runtime.create(spec);
  await runtime.start(containerId);
  const output = await collectOutput(runtime, containerId);
  const end = await runtime.wait(containerId, new AbortController().signal);
  await runtime.remove(containerId);
  return { ...output, ...end };
}

Deno.test("process: it says at once that nothing is isolated", () => {
  const lines: string[] = [];
  new ProcessContainer({
    stateDir: "/nonexistent",
    instance: "tests",
    clock: realClock,
    warn: (line) => lines.push(line),
  });
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /isolates NOTHING/);
});

Deno.test("process: the work directory, the home and environment paths are those of the host", async () => {
  const { baseDir, runtime, close } = openProcessWorld();
  Deno.mkdirSync(`${baseDir}/work/sub`, { recursive: true });
  const result = await run(
    runtime,
    plainSpec({
      command: ["/bin/sh", "-c", 'pwd; echo "$OUT"; cd "$HOME"; pwd'],
      env: { OUT: "/workspace/sub/file", HOME: "/home/agent" },
      mounts: [{ source: `${baseDir}/work`, target: "/workspace", isReadOnly: false }],
    }),
  );
  const [work, out, home] = result.stdout.split("\n");
  assert.equal(work, `${baseDir}/work`);
  assert.equal(out, `${baseDir}/work/sub/file`);
  assert.match(home!, new RegExp(`^${baseDir}/runs/run-.*/tmpfs/home/agent$`));
  await close();
});

Deno.test("process: a forward reaches a unix socket through the port of its own", async () => {
  const { baseDir, runtime, close } = openProcessWorld();
  Deno.mkdirSync(`${baseDir}/work`);
  Deno.mkdirSync(`${baseDir}/sockets`);
  const server = Deno.serve(
    { path: `${baseDir}/sockets/hub.sock`, onListen: () => {} },
    () => new Response("from the runner"),
  );
  const result = await run(
    runtime,
    plainSpec({
      command: [Deno.execPath(), "eval", "console.log(await (await fetch(Deno.env.get('HUB'))).text())"],
      env: { HUB: "http://127.0.0.1:7400/x", HOME: "/home/agent", NO_COLOR: "1" },
      mounts: [
        { source: `${baseDir}/work`, target: "/workspace", isReadOnly: false },
        { source: `${baseDir}/sockets`, target: "/run/shopfloor", isReadOnly: false },
      ],
      forwards: { 7400: "/run/shopfloor/hub.sock" },
    }),
  );
  assert.deepEqual([result.stdout, result.exitCode], ["from the runner\n", 0]);
  await server.shutdown();
  await close();
});

Deno.test("process: a run goes on when its runner is killed, and the next runner has all of it", async () => {
  const { baseDir, reopen, close } = openProcessWorld();
  const url = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);
  const spec = shellSpec(
    baseDir,
    { stdout: "before\n", delayMs: 700, exitCode: 5 },
    (hostDir) => hostDir,
    "",
  );
  const script = `
    import { ProcessContainer } from ${url("./process_container.ts")};
    import { realClock } from ${url("./test_world.ts")};
    const options = { stateDir: ${
    JSON.stringify(`${baseDir}/runs`)
  }, instance: "tests", clock: realClock, warn: () => {} };
    const runtime = new ProcessContainer(options);
    await runtime.start((await runtime.create(${JSON.stringify(spec)})).containerId);
    await Deno.writeTextFile(${JSON.stringify(`${baseDir}/up`)}, "");
    setInterval(() => {}, 1000);`;
  const runner = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--ext=ts", script],
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  await eventually(
    "the runner has started it",
    () => Deno.stat(`${baseDir}/up`).then(() => true, () => false),
  );
  runner.kill("SIGKILL");
  await runner.status;
  const [found] = await reopen().list();
  assert.equal(found?.state, "running");
  assert.equal((await collectOutput(reopen(), found.containerId)).stdout, "before\n");
  assert.equal((await reopen().wait(found.containerId, new AbortController().signal)).exitCode, 5);
  await reopen().remove(found.containerId);
  await close();
});

Deno.test("process: a run whose processes were killed from outside is reported as killed, not as running", async () => {
  const { baseDir, runtime, reopen, close } = openProcessWorld();
  Deno.mkdirSync(`${baseDir}/work`);
  const mounts = [{ source: `${baseDir}/work`, target: "/workspace", isReadOnly: false }];
  const { containerId } = await runtime.create(plainSpec({ command: ["sleep", "60"], mounts }));
  await runtime.start(containerId);
  const leader = Number.parseInt(Deno.readTextFileSync(`${baseDir}/runs/${containerId}/started`));
  Deno.kill(-leader, "SIGKILL");
  await eventually("it is seen as ended", async () => (await reopen().list())[0]?.state === "exited");
  assert.equal((await reopen().wait(containerId, new AbortController().signal)).exitCode, 137);
  await runtime.remove(containerId);
  await close();
});

Deno.test("process: a pid that now belongs to another process is not taken for ours", async () => {
  const { baseDir, runtime, close } = openProcessWorld();
  const { containerId } = await runtime.create(plainSpec());
  const own = Deno.readTextFileSync(`/proc/${Deno.pid}/stat`);
  const fields = own.slice(own.lastIndexOf(")") + 2).split(" ");
  fields[19] = "1";
  Deno.writeTextFileSync(`${baseDir}/runs/${containerId}/started`, `${Deno.pid} (sh) ${fields.join(" ")}`);
  assert.equal((await runtime.list())[0]?.state, "exited");
  await runtime.remove(containerId); // and it does not kill us
  await close();
});

Deno.test("process: what the command left behind ends with it", async () => {
  const { baseDir, runtime, close } = openProcessWorld();
  Deno.mkdirSync(`${baseDir}/work`);
  const mounts = [{ source: `${baseDir}/work`, target: "/workspace", isReadOnly: false }];
  const { stdout } = await run(
    runtime,
    plainSpec({ command: ["/bin/sh", "-c", "sleep 300 & echo $!"], mounts }),
  );
  const left = Number.parseInt(stdout);
  await eventually("the child is gone", async () => {
    const stat = await Deno.readTextFile(`/proc/${left}/stat`).catch(() => null);
    return stat === null || stat.includes(") Z ");
  });
  await close();
});

Deno.test("process: what it cannot do it refuses by name", async () => {
  const { runtime, close } = openProcessWorld();
  for (
    const refused of [
      runtime.pause(),
      runtime.unpause(),
      runtime.openTerminal(),
      runtime.pullImage(),
      runtime.buildImage(),
    ]
  ) {
    await assert.rejects(refused, UnsupportedByRuntimeError);
  }
  await close();
});

Deno.test("process: a run of the machine's former life is over, whatever has its pid now", async () => {
  const { baseDir, runtime, close } = openProcessWorld();
  Deno.mkdirSync(`${baseDir}/work`);
  const mounts = [{ source: `${baseDir}/work`, target: "/workspace", isReadOnly: false }];
  const { containerId } = await runtime.create(plainSpec({ command: ["sleep", "60"], mounts }));
  await runtime.start(containerId);
  const leader = Number.parseInt(Deno.readTextFileSync(`${baseDir}/runs/${containerId}/started`));
  Deno.writeTextFileSync(`${baseDir}/runs/${containerId}/boot`, "an-earlier-boot");
  assert.deepEqual((await runtime.list()).map((record) => [record.state, record.exitCode]), [[
    "exited",
    137,
  ]]);
  Deno.kill(-leader, "SIGKILL");
  await runtime.remove(containerId);
  await close();
});
