/** `create --dry-run` says what a real run then is: the same builder, looked at from both sides. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readRunConfig, type RunOptions } from "../../runner-agent/config.ts";
import { dryRun } from "../../runner-agent/job/dry_run.ts";
import { createText } from "../../runner-agent/job/dry_run_command.ts";
import { readSettings } from "../../runner-agent/settings/settings_layers.ts";
import type { ContainerSpec } from "../../runner-agent/ports.ts";
import { withRunnerRig } from "../fake/runner_rig.ts";
import { openProcessRuntime } from "../fake/process_runtime.ts";

const host = { uid: Deno.uid() ?? 0, env: Deno.env.toObject() };
const SETTINGS = "limits: {pids: 99, disk: 3GiB}\nenv: {TOKEN: very-secret}";

function settingsFile() {
  const file = readSettings("/settings.yaml", SETTINGS);
  assert.ok(file.ok);
  return file.value;
}

/** What does not differ from run to run. */
function comparable(spec: ContainerSpec) {
  const { image, command, limits, tmpfs, forwards, networkProfile, shadows, workDir } = spec;
  return {
    image,
    command,
    limits,
    tmpfs,
    forwards,
    networkProfile,
    shadows,
    workDir,
    variables: Object.keys(spec.env).sort(),
    mounts: spec.mounts.map(({ target, isReadOnly }) => ({ target, isReadOnly })),
  };
}

Deno.test("a dry run prints the container and the home that a run then has", async () => {
  await withRunnerRig(async (rig) => {
    const seed = join(rig.root, "seed");
    await Deno.mkdir(join(seed, ".agentics/templates/worker/home/.config"), { recursive: true });
    await Deno.writeTextFile(
      join(seed, ".agentics/templates/worker/template.yaml"),
      "env: {A: '1'}\nservices: [{name: db, command: [sleep, '9']}]\n",
    );
    await Deno.writeTextFile(join(seed, ".agentics/templates/worker/home/.config/tool.json"), '{"a":1}');
    await rig.git(seed, "add", "-A");
    await rig.git(seed, "commit", "-qm", "templates");
    await rig.git(seed, "push", "-q", rig.originDir, "HEAD:main");
    const work = {
      prompt: "do it",
      operatorConfig: {
        command: 'cd "$HOME" && find . -type f | sort | xargs sha256sum',
        template: "worker",
      },
    };

    const file = settingsFile();
    const config = readRunConfig(
      { data: join(rig.root, "dry"), runtime: "process", network: "proxy_only" },
      host,
      file,
    );
    const wish = { work, taskTitle: "t", repositoryDir: seed, owner: "acme", project: "web" };
    const dry = await dryRun(config, wish, host);
    assert.ok(dry.ok, JSON.stringify(dry));

    let real: ContainerSpec | null = null;
    const runtime = openProcessRuntime(rig);
    const create = runtime.create.bind(runtime);
    runtime.create = (spec) => {
      real = spec;
      return create(spec);
    };
    const jobId = rig.addJob(work);
    const runner = await rig.startInside(runtime, {
      isOnce: true,
      settingsLayers: [file.global],
      networkProfile: "proxy_only",
    });
    await runner.outcome;
    assert.deepEqual(comparable(dry.value.spec), comparable(real!));
    const found = rig.plane.outputOf(jobId).trim().split("\n").map((line) => line.split(/ +\.\//).reverse());
    assert.deepEqual(dry.value.home.map(({ path, sha256 }) => [path, sha256]), found);
    assert.deepEqual(dry.value.services.map(({ path }) => path), [
      "00-db/command",
      "00-db/env",
      "00-db/restart",
    ]);
    const { pids, fileBytes } = dry.value.spec.limits;
    assert.deepEqual([pids, fileBytes], [99, 3 * 1024 ** 3]);
    assert.deepEqual(dry.value.settings["limits.pids"], { value: 99, from: "/settings.yaml:1" });
  });
});

Deno.test("the command reads its files, makes nothing, and prints no secret", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const station = join(dir, "station.json");
    await Deno.writeTextFile(
      station,
      JSON.stringify({ id: "build", operatorConfig: { agent: "codex" }, trigger: { autoGit: true } }),
    );
    const config = readRunConfig({ data: join(dir, "data") }, host, settingsFile());
    const text = await createText(config, { dryRun: true, station, template: "verifier" }, "ada/loom", host);
    const made = JSON.parse(text);
    assert.equal(made.harness, "codex");
    assert.equal(made.spec.env.AF_STATION_ID, "build");
    assert.equal(made.spec.env.TOKEN, "(set)");
    assert.doesNotMatch(text, /very-secret/);
    assert.deepEqual(made.template.layers, ["built-in:base", "built-in:verifier", "station"]);
    assert.ok(made.home.every(({ sha256 }: { sha256: string }) => /^[0-9a-f]{64}$/.test(sha256)));
    await assert.rejects(Deno.stat(join(dir, "data")), Deno.errors.NotFound);
    await assert.rejects(createText(config, {}, null, host), /use --dry-run/);
    await assert.rejects(
      createText(config, { dryRun: true, station: join(dir, "none") }, null, host),
      /--station must be a file of JSON: .*NotFound/,
    );
    await assert.rejects(
      createText(config, { dryRun: true, template: "nobody" }, null, host),
      /came 'nobody'/,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a template reaches an agent in a terminal: its servers, instructions, arguments and files are in the home", async () => {
  const made = async (operatorConfig: Record<string, unknown>, options: Partial<RunOptions> = {}) => {
    const dry = await dryRun(readRunConfig({ data: "/nonexistent", ...options }, host), {
      work: { operatorConfig: { agent: "claude", transport: "tmux", ...operatorConfig } },
      taskTitle: "t",
      repositoryDir: null,
      owner: "o",
      project: "p",
    }, host);
    assert.ok(dry.ok, JSON.stringify(dry));
    return dry.value;
  };
  const bare = await made({});
  assert.deepEqual(bare.spec.command, ["/run/alp/bin/agent_session"]);
  const changed = (of: typeof bare) =>
    of.home.filter(({ path, sha256 }) => bare.home.find((one) => one.path === path)?.sha256 !== sha256)
      .map(({ path }) => path);
  const servers = { docs: { transport: "http", url: "http://127.0.0.1:9000/mcp" } };
  assert.deepEqual(changed(await made({ mcp_servers: servers })), [".claude.json"]);
  assert.deepEqual(changed(await made({ instructions: "be brief" })), [".claude/CLAUDE.md"]);
  assert.equal(changed(await made({ system_prompt: "you are kind" })).length, 1);
  const withProxy = await made({}, { network: "proxy_only" });
  assert.deepEqual(changed(withProxy), [".claude/CLAUDE.md"], "it is told what it reaches");
  const [service] = (await made({ services: [{ name: "db", command: ["db"] }] })).services;
  assert.equal(service?.path, "00-db/command");
});
