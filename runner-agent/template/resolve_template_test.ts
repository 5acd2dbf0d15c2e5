import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import type { ResolvedTemplate } from "../agent_ports.ts";
import { resolveTemplate } from "./resolve_template.ts";
import { folderSource, listedSource, type TemplateSource } from "./template_folder.ts";
import { problemText } from "./yaml_document.ts";

const BUILT_IN = new URL("../templates", import.meta.url).pathname;
const variables = { AF_RUN_ID: "r1", AF_TASK_ID: "t1" };

/** A source of texts: path below the folder of templates -> text. */
function source(level: TemplateSource["level"], files: Record<string, string>): TemplateSource {
  return listedSource(
    level,
    level,
    new Map(
      Object.entries(files).map(([path, text]) => [path, { text, isExecutable: path.endsWith(".sh") }]),
    ),
  );
}

async function resolved(
  sources: TemplateSource[],
  name: string | null = "x",
  inline: unknown = {},
): Promise<ResolvedTemplate> {
  const read = await resolveTemplate({ name, inline, variables }, sources);
  assert.ok(read.ok, JSON.stringify(read));
  return read.value;
}

async function problems(sources: TemplateSource[], name = "x", inline: unknown = {}): Promise<string[]> {
  const read = await resolveTemplate({ name, inline, variables }, sources);
  assert.ok(!read.ok, JSON.stringify(read));
  return read.error.map(problemText);
}

for (const role of ["planner", "coordinator", "implementor", "verifier", "ralph"]) {
  Deno.test(`the built-in role ${role} has a prompt of its own and the common instructions`, async () => {
    const template = await resolved([folderSource("built-in", BUILT_IN)], role);
    assert.match(template.systemPrompt!, new RegExp(`^You are (?:the )?${role}\\b`, "i"));
    assert.match(template.instructions!, /complete_station/);
    // The end of a turn without it is the end of the station, too: no role may rely on another turn.
    assert.match(template.systemPrompt!, /complete\s+the\s+station/i);
    assert.doesNotMatch(
      template.systemPrompt! + template.instructions!,
      /^\d+\. End the turn|there is no network/im,
    );
    assert.deepEqual(template.layers, ["built-in:base", `built-in:${role}`, "station"]);
    assert.equal(template.harness, null, "any agent can have the role");
  });
}

Deno.test("a project's template goes before a global one, and that before a built-in one, whole", async () => {
  const built = source("built-in", { "x/template.yaml": "model: built", "y/template.yaml": "model: y" });
  const global = source("global", { "x/template.yaml": "env: {A: global}" });
  const project = source("project", { "x/template.yaml": "harness: codex" });
  assert.equal((await resolved([project, global, built])).harness, "codex");
  assert.deepEqual((await resolved([project, global, built])).env, {});
  assert.deepEqual((await resolved([global, built])).env, { A: "global" });
  assert.equal((await resolved([project, global, built], "y")).model, "y");
});

Deno.test("what extends its own name means the next level, and both are merged by names", async () => {
  const project = source("project", {
    "x/template.yaml": `
extends: x
env: {A: project, C: "\${B}/c"}
services: [{name: db, command: [new]}, {name: cache, command: [c]}]
mcp_servers: {one: {transport: http, url: "http://127.0.0.1:1/"}}
`,
    "x/home/.config/a": "project",
  });
  const global = source("global", {
    "x/template.yaml": `
env: {A: global, B: b}
system_prompt: prompt.md
args: [--fast]
services: [{name: db, command: [old]}]
mcp_servers: {one: {transport: stdio, command: old}, two: {transport: stdio, command: t}}
`,
    "x/prompt.md": "be good",
    "x/home/.config/a": "global",
    "x/home/b.sh": "#!/bin/sh\n",
  });
  const template = await resolved([project, global]);
  assert.deepEqual(template.env, { A: "project", B: "b", C: "b/c" });
  assert.equal(template.systemPrompt, "be good");
  assert.deepEqual(template.args, ["--fast"]);
  assert.deepEqual(template.services.map(({ name, command }) => [name, ...command]), [["db", "new"], [
    "cache",
    "c",
  ]]);
  assert.deepEqual(template.mcpServers["one"], { transport: "http", url: "http://127.0.0.1:1/" });
  assert.deepEqual(template.mcpServers["two"], { transport: "stdio", command: "t" });
  assert.deepEqual(template.homeFiles, [
    { path: ".config/a", text: "project", isExecutable: false },
    { path: "b.sh", text: "#!/bin/sh\n", isExecutable: true },
  ]);
  assert.deepEqual(template.layers, ["global:x", "project:x", "station"]);
});

Deno.test("the station's own words override its template, and need none", async () => {
  const project = source("project", { "x/template.yaml": "model: a\nenv: {A: 1, B: 2}\nharness: claude" });
  const inline = { agent: "codex", model: "b", env: { B: true }, unknown: { kept: 1 } };
  const template = await resolved([project], "x", inline);
  assert.equal(template.model, "b");
  assert.deepEqual(template.env, { A: "1", B: "true" });
  const alone = await resolved([], null, { instructions: "go", env: { R: "${AF_RUN_ID}" } });
  assert.equal(alone.name, null);
  assert.equal(alone.instructions, "go");
  assert.deepEqual(alone.env, { R: "r1" });
});

Deno.test("places are filled in everywhere but in prompts, from AF_ names and declared variables only", async () => {
  const project = source("project", {
    "x/template.yaml": `
env: {PORT: 5432, URL: "http://localhost:\${PORT}/\${AF_TASK_ID}"}
system_prompt: "keep \${ANY} of this"
services:
  - {name: db, command: [run, "\${PORT}", "$HOME $\${PORT}"], env: {P: "\${PORT}"}, ready_check: {type: tcp, target: "localhost:\${PORT}"}}
mcp_servers: {a: {transport: http, url: "\${URL}", headers: {x: "\${AF_RUN_ID}"}}}
`,
  });
  const template = await resolved([project]);
  assert.equal(template.env["URL"], "http://localhost:5432/t1");
  assert.deepEqual(template.services[0]!.command, ["run", "5432", "$HOME ${PORT}"]);
  assert.deepEqual(template.services[0]!.readyCheck, {
    type: "tcp",
    host: "localhost",
    port: 5432,
    timeoutMs: 30_000,
  });
  assert.deepEqual(template.mcpServers["a"], {
    transport: "http",
    url: "http://localhost:5432/t1",
    headers: { x: "r1" },
  });
  assert.equal(template.systemPrompt, "keep ${ANY} of this");
});

const wrong: [what: string, yaml: string, said: RegExp][] = [
  [
    "a name that is not known",
    "env:\n  A: ${HOME}",
    /^project\/x\/template\.yaml:2:6: env\.A: expected a name that starts with AF_ .* came 'HOME'$/,
  ],
  [
    "a place in a service",
    "services:\n- name: a\n  command:\n  - x\n  - ${NO}",
    /template\.yaml:5:5: services\.0\.command\.1: .* came 'NO'$/,
  ],
  [
    "a circle of variables",
    "env: {A: '${B}', B: '${A}'}",
    /:1:\d+: env\.[AB]: expected a value without itself/,
  ],
  [
    "an unknown key",
    "harness: claude\nharnes: x",
    /:2:1: harnes: expected a key that is known, came 'harnes'$/,
  ],
  ["an unknown harness", "\nharness: cursor", /:2:10: harness: expected one of "command"\|"claude"\|"codex"/],
  ["a number for a name", "extends: 5", /:1:10: extends: expected string/],
  ["another name", "name: y", /:1:7: name: expected the folder's name 'x', came 'y'$/],
  ["what is no YAML", "env: {A: 1", /:1:\d+: expected YAML: /],
  ["a key twice", "model: a\nmodel: b", /:2:1: expected YAML: .*unique/],
  [
    "a bad check",
    "services:\n- name: a\n  command: [x]\n  ready_check:\n    type: tcp\n    target: nowhere",
    /:6:13: services\.0\.ready_check\.target: expected host:port, .*, came "nowhere"$/,
  ],
  [
    "a server without an address",
    "mcp_servers:\n  a:\n    transport: http",
    /:3:5: mcp_servers\.a\.url: expected a url/,
  ],
  [
    "a missing base",
    "model: a\nextends: nobody",
    /:2:10: extends: expected a template that is there, came 'nobody': looked in project$/,
  ],
  ["a circle", "extends: y", /extends: expected no circle, came 'x' again$/],
  [
    "a prompt that is not there",
    "system_prompt: prompt.md",
    /:1:16: system_prompt: expected a file of the template or a text, came 'prompt\.md'/,
  ],
  ["a list", "- a", /:1:1: expected object/],
];
for (const [what, yaml, said] of wrong) {
  Deno.test(`${what} is told with file, line, column and what was expected`, async () => {
    const told = await problems([
      source("project", { "x/template.yaml": yaml, "y/template.yaml": "extends: x" }),
    ]);
    assert.match(told.join("\n"), said);
  });
}

Deno.test("several problems are told at once, and those of the station by its keys", async () => {
  const project = source("project", {
    "x/template.yaml": "services: [{name: A, command: x}]\nmcp_servers: {a: {transport: b}}",
  });
  assert.equal((await problems([project])).length, 3);
  assert.deepEqual(await problems([project], "x", { env: { "A-B": "x" } }), [
    "the station's operatorConfig: env.A-B: expected the name of a variable",
  ]);
  assert.match((await problems([], "none"))[0]!, /^template 'none': expected a template that is there/);
  assert.match((await problems([], "../x"))[0]!, /expected letters a-z/);
});

Deno.test("a folder with a link, with other bytes than text, or without its document is refused by name", async () => {
  const root = await Deno.makeTempDir();
  try {
    const make = async (name: string) => {
      await Deno.mkdir(join(root, name, "home"), { recursive: true });
      await Deno.writeTextFile(join(root, name, "template.yaml"), "model: a");
      return join(root, name, "home", "f");
    };
    await Deno.symlink("/etc/passwd", await make("link"));
    await Deno.writeFile(await make("bytes"), new Uint8Array([0xff, 0xfe]));
    const bare = await make("bare");
    await Deno.remove(join(dirname(dirname(bare)), "template.yaml"));
    const from = [folderSource("global", root)];
    assert.match((await problems(from, "link"))[0]!, /home\/f: expected a file or a folder, came a link/);
    assert.match((await problems(from, "bytes"))[0]!, /home\/f: expected a text in UTF-8/);
    assert.match((await problems(from, "bare"))[0]!, /bare: expected a file template\.yaml, came none/);
    await make("good");
    assert.equal((await resolved(from, "good")).model, "a");
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a verifier is the last layer's that has one, whole, with the bounds that it leaves out", async () => {
  const built = source("built-in", { "x/template.yaml": "verifier: {command: old, rounds: 7}" });
  assert.deepEqual((await resolved([built])).verifier, {
    ...{ command: "old", timeoutMs: 600_000, roundsMax: 7, sameFailureMax: 5, noProgressMax: 3 },
  });
  const read = await resolveTemplate({
    name: "x",
    inline: { verifier: { command: "make ${test}", timeout: "90s", same_failure: 2 } },
    variables: {},
  }, [built]);
  assert.ok(read.ok);
  assert.deepEqual(read.value.verifier, {
    ...{ command: "make ${test}", timeoutMs: 90_000, roundsMax: 30, sameFailureMax: 2, noProgressMax: 3 },
  });
  assert.equal((await resolved([source("global", { "x/template.yaml": "{}" })])).verifier, undefined);
});
