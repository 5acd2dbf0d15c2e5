import assert from "node:assert/strict";
import { readRunConfig } from "../config.ts";
import { problemText } from "../template/yaml_document.ts";
import { loadSettings } from "./load_settings.ts";
import { budgetOf, resolveSettings } from "./resolved_settings.ts";
import { readSettings, settingsPath, stationLayer } from "./settings_layers.ts";
import { settingsJson, settingsText } from "./show_settings.ts";

const FILE = `
data_dir: state
runtime:
  backend: process
  image: localhost/mine:1
defaults: {harness: codex, template: implementor, transport: structured}
worktrees: {prefix: af}
limits: {memory: 2GiB, cpus: 1.5}
budgets: {tokens: 100000, time: 2h}
env: {A: global, B: 1}
projects:
  ada/loom:
    harness: gemini
    image: localhost/loom
    limits: {memory: 512MiB}
    env: {B: project}
`;
const host = { env: { HOME: "/home/u" }, uid: 1000 };

function read(text: string) {
  const file = readSettings("/etc/s.yaml", text);
  assert.ok(file.ok, JSON.stringify(file));
  return file.value;
}

Deno.test("each value says where it came from, and the later level wins", () => {
  const env = { HOME: "/home/u", SHOPFLOOR_TASK_BRANCH: "t/{taskId}" };
  const { settings, dataDir } = readRunConfig(
    { image: "localhost/option" },
    { env, uid: 1000 },
    read(FILE),
    "ada/loom",
  );
  const of = (key: keyof typeof settings.values) => [settings.values[key], settings.from[key]];
  assert.deepEqual(of("runtime.backend"), ["process", "/etc/s.yaml:4"]);
  assert.deepEqual(of("runtime.image"), ["localhost/option", "--image"]);
  assert.deepEqual(of("defaults.harness"), ["gemini", "/etc/s.yaml:13"]);
  assert.deepEqual(of("defaults.template"), ["implementor", "/etc/s.yaml:6"]);
  assert.deepEqual(of("worktrees.branch"), ["t/{taskId}", "SHOPFLOOR_TASK_BRANCH"]);
  assert.deepEqual(of("limits.memory"), [512 * 1024 * 1024, "/etc/s.yaml:15"]);
  assert.deepEqual(of("limits.cpus"), [1.5, "/etc/s.yaml:8"]);
  assert.deepEqual(of("limits.pids"), [1024, "built-in"]);
  assert.deepEqual(settings.env, { A: "global", B: "project" });
  assert.deepEqual(settings.envFrom, { A: "/etc/s.yaml:10", B: "/etc/s.yaml:16" });
  // A path in the file is from the file's place.
  assert.equal(dataDir, "/etc/state");
});

Deno.test("another project's section says nothing, and without a file there are the defaults", () => {
  const { settings } = readRunConfig({}, host, read(FILE), "ada/other");
  assert.equal(settings.values["defaults.harness"], "codex");
  assert.equal(settings.values["worktrees.branch"], "af/{taskId}");
  const none = readRunConfig({}, host);
  assert.equal(none.settings.values["worktrees.branch"], "task-{taskId}");
  assert.ok(Object.values(none.settings.from).every((from) => from === "built-in"));
});

Deno.test("a station's words come last, but it cannot give itself a larger budget", () => {
  const { settingsLayers } = readRunConfig({}, host, read(FILE));
  const station = stationLayer({
    agent: "claude",
    template: "verifier",
    other: 1,
    budget: { tokens: 5e9, turns: 3, minutes: 60 },
  });
  assert.ok(station.ok);
  const settings = resolveSettings([...settingsLayers, station.value]);
  assert.equal(settings.values["defaults.harness"], "claude");
  assert.equal(settings.from["defaults.template"], "the station's operatorConfig");
  assert.deepEqual(budgetOf(settings), { tokens: 100_000, costUsd: null, turns: 3, wallMs: 3_600_000 });
  const wrong = stationLayer({ transport: "carrier pigeon" });
  assert.ok(!wrong.ok);
  assert.match(
    problemText(wrong.error[0]!),
    /^the station's operatorConfig: transport: expected one of "auto"/,
  );
});

const wrong: [what: string, yaml: string, said: RegExp][] = [
  [
    "an unknown key",
    "runtime:\n  imge: x",
    /^\/etc\/s\.yaml:2:3: runtime\.imge: expected a key that is known, came 'imge'$/,
  ],
  ["a wrong type", "limits:\n  cpus: many", /^\/etc\/s\.yaml:2:9: limits\.cpus: expected number/],
  [
    "a wrong size",
    "limits: {memory: 4Gx}",
    /:1:18: limits\.memory: expected a size such as 4GiB, .* came "4Gx"$/,
  ],
  ["a wrong time", "budgets: {time: soon}", /:1:17: budgets\.time: expected a time such as 90m/],
  [
    "a key that only the machine has",
    "projects:\n  a/b:\n    data_dir: x",
    /:3:5: projects\.a\/b\.data_dir: expected a key that is known/,
  ],
  ["a project without an owner", "projects:\n  b: {}", /:2:3: projects\.b: expected owner\/project/],
  [
    "a word that is none of the choices",
    "defaults: {transport: pty}",
    /:1:23: defaults\.transport: expected one of "auto"\|"tmux"\|"structured"/,
  ],
  [
    "a prefix that no branch can have",
    "worktrees: {prefix: '../x'}",
    /worktrees\.prefix: expected letters, digits/,
  ],
];
for (const [what, yaml, said] of wrong) {
  Deno.test(`${what} is told with key, file and line`, () => {
    const file = readSettings("/etc/s.yaml", yaml);
    assert.ok(!file.ok);
    assert.match(file.error.map(problemText).join("\n"), said);
  });
}

Deno.test("an open network still needs its second word, and the message names who asked for it", () => {
  const file = read("runtime: {network: open}");
  assert.throws(
    () => readRunConfig({}, { ...host, uid: 0 }, file),
    /Cannot read \/etc\/s\.yaml:1 as 'open' must be allowed/,
  );
  const allowed = read("runtime: {network: open, allow_open_network: true}");
  assert.equal(readRunConfig({}, { ...host, uid: 0 }, allowed).networkProfile, "open");
  assert.throws(() => readRunConfig({}, host, allowed), /needs a runner that is root/);
});

Deno.test("what is shown has every key and no variable's value", () => {
  const { settings } = readRunConfig({}, host, read("env: {TOKEN: very-secret}"));
  const text = settingsText(settings);
  assert.match(text, /^runtime\.backend +podman +built-in$/m);
  assert.match(text, /^env\.TOKEN +\(set\) +\/etc\/s\.yaml:1$/m);
  assert.doesNotMatch(text + settingsJson(settings), /very-secret/);
  assert.deepEqual(JSON.parse(settingsJson(settings))["limits.cpus"], { value: 2, from: "built-in" });
});

Deno.test("settings are shown with their units, on a line each, and with the place that stands in for none", () => {
  const file = read('limits: {memory: 1536MiB}\nbudgets: {time: 90m}\nworktrees: {setup: "a\\nb"}');
  const text = settingsText(readRunConfig({}, host, file).settings, "/var/lib/r");
  const value = (key: string) => new RegExp(`^${key} +(.*?) {2,}`, "m").exec(text)?.[1];
  assert.deepEqual(["limits.memory", "limits.disk", "budgets.time", "budgets.turns", "data_dir"].map(value), [
    "1.5 GiB",
    "20 GiB",
    "1h 30m",
    "no limit",
    "/var/lib/r",
  ]);
  assert.equal(value("worktrees.setup"), '"a\\nb"');
});

Deno.test("the file is found by name, variable, XDG and home, in this order", () => {
  const env = { HOME: "/h", XDG_CONFIG_HOME: "/x", SHOPFLOOR_SETTINGS: "/v.yaml" };
  assert.equal(settingsPath("/n.yaml", env), "/n.yaml");
  assert.equal(settingsPath(undefined, env), "/v.yaml");
  assert.equal(settingsPath(undefined, { ...env, SHOPFLOOR_SETTINGS: "" }), "/x/shopfloor/settings.yaml");
  assert.equal(
    settingsPath(undefined, { HOME: "/h", XDG_CONFIG_HOME: "relative" }),
    "/h/.config/shopfloor/settings.yaml",
  );
});

Deno.test("a file that is missing is none by default and a fault by name; an empty one says nothing", async () => {
  const dir = await Deno.makeTempDir();
  try {
    assert.deepEqual((await loadSettings(undefined, { HOME: dir })).global.values, {});
    await assert.rejects(loadSettings(`${dir}/none.yaml`, {}), /current value is .*none\.yaml \(NotFound\)/);
    await Deno.writeTextFile(`${dir}/empty.yaml`, "# nothing\n");
    assert.deepEqual((await loadSettings(`${dir}/empty.yaml`, {})).global.values, {});
    await Deno.writeTextFile(`${dir}/two.yaml`, "a: 1\nb: 2\n");
    await assert.rejects(loadSettings(`${dir}/two.yaml`, {}), /two\.yaml:1:1: a: .*\n.*two\.yaml:2:1: b: /);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("hidden paths are plain paths of the worktree, and a project has its own", () => {
  const file = read(
    "workspace: {shadows: [.env, config/secrets]}\nprojects: {a/b: {workspace: {shadows: [keys]}}}",
  );
  const shadows = (project: string | null) =>
    readRunConfig({}, host, file, project).settings.values["workspace.shadows"];
  assert.deepEqual(shadows(null), [".env", "config/secrets"]);
  assert.deepEqual(shadows("a/b"), ["keys"]);
  assert.match(settingsText(readRunConfig({}, host).settings), /^workspace\.shadows +- +built-in$/m);
  for (const path of ["../up", "/etc", "a//b", ".git/config", ""]) {
    const wrong = readSettings("/etc/s.yaml", `workspace: {shadows: [${JSON.stringify(path)}]}`);
    assert.ok(!wrong.ok && wrong.error[0]!.line === 1, path);
  }
});

Deno.test("a station may bring a setup script, but only this machine's file lets ignored files be copied", () => {
  const file = read("worktrees: {include: true}\nprojects: {a/b: {worktrees: {setup: make deps}}}");
  const { values } = readRunConfig({}, host, file, "a/b").settings;
  assert.deepEqual([values["worktrees.include"], values["worktrees.setup"]], [true, "make deps"]);
  const station = stationLayer({ setup: "npm ci", include: true, worktrees: { include: true } });
  assert.ok(station.ok);
  const resolved = resolveSettings([station.value]).values;
  assert.deepEqual([resolved["worktrees.include"], resolved["worktrees.setup"]], [false, "npm ci"]);
  assert.ok(!stationLayer({ setup: "x".repeat(70_000) }).ok);
});

const CREDENTIALS = `credentials:
  site:
    address: https://git.example/team
    command: pass show git/site
  tools: {address: "https://tools.example:8443", command: print-token, scheme: bearer}
`;

Deno.test("credentials are this machine's: by name, each with its address and where it was said, and shown without commands", () => {
  const file = read(CREDENTIALS);
  const config = readRunConfig({}, host, file, "a/b");
  assert.deepEqual(config.credentials, [
    {
      name: "site",
      address: "https://git.example/team",
      command: "pass show git/site",
      scheme: "basic",
      from: "/etc/s.yaml:2",
    },
    {
      name: "tools",
      address: "https://tools.example:8443",
      command: "print-token",
      scheme: "bearer",
      from: "/etc/s.yaml:5",
    },
  ]);
  const text = settingsText(config.settings, null, config.credentials);
  assert.match(text, /^credentials\.site +https:\/\/git\.example\/team +\/etc\/s\.yaml:2$/m);
  const json = settingsJson(config.settings, config.credentials);
  assert.equal(JSON.parse(json)["credentials.tools"].value, "https://tools.example:8443");
  assert.doesNotMatch(text + json, /pass show|print-token/);
  assert.deepEqual(readRunConfig({}, host).credentials, []);
});

for (
  const [what, yaml, said] of [
    [
      "an address in clear",
      "site: {address: 'http://git.example', command: x}",
      /site\.address: expected an https address/,
    ],
    [
      "an address with a user",
      "site: {address: 'https://me@git.example', command: x}",
      /site\.address: expected an https/,
    ],
    ["no command", "site: {address: 'https://git.example'}", /site\.command: /],
    ["no address", "site: {command: x}", /site\.address: /],
    [
      "a token in place of a command",
      "site: {address: 'https://git.example', token: x}",
      /site\.(token|command): /,
    ],
    ["a name with a slash", "a/b: {address: 'https://git.example', command: x}", /expected a name: letters/],
    [
      "a scheme that nobody knows",
      "site: {address: 'https://h', command: x, scheme: digest}",
      /site\.scheme: /,
    ],
  ] as const
) {
  Deno.test(`a credential with ${what} is told with key, file and line`, () => {
    const file = readSettings("/etc/s.yaml", `credentials:\n  ${yaml}\n`);
    assert.ok(!file.ok);
    const text = file.error.map(problemText).join("\n");
    assert.match(text, said);
    assert.match(text, /^\/etc\/s\.yaml:2:/);
  });
}

Deno.test("no project's section and no station may have credentials", () => {
  const section = readSettings("/etc/s.yaml", `projects: {a/b: {credentials: {}}}`);
  assert.ok(!section.ok);
  const station = stationLayer({ credentials: { site: { address: "https://h", command: "x" } } });
  assert.ok(station.ok && Object.keys(station.value.values).length === 0);
});
