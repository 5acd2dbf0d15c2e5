import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { type AilFolder, steady, withAilFolder } from "../../test/fake/ail_command.ts";

const USER = `version: "1"
pipeline:
  - id: work
    prompt: work
`;
const PROJECT = `version: "1"
pipeline:
  - run_after: work
    id: check
    prompt: check
`;
const NAMED = `version: "1"
pipeline:
  - run_before: work
    id: plan
    prompt: plan
  - run_after: work
    id: anew
    action: reload_self
`;

async function writeLayers({ home, write }: AilFolder): Promise<void> {
  const own = join(home, ".config/ail/default.yaml");
  await Deno.mkdir(dirname(own), { recursive: true });
  await Deno.writeTextFile(own, USER);
  await write(".ail/one/default.yaml", PROJECT);
  await write("named.yaml", NAMED);
}

Deno.test("s08: validate says what a file with hooks lies over", async () => {
  await withAilFolder(async (folder) => {
    await writeLayers(folder);
    const { ail, dir, home } = folder;
    const said = (text: string) => steady(text, dir).replaceAll(home, "HOME");
    const named = await ail(["validate", "--pipeline", "named.yaml"]);
    assert.deepEqual([named.code, named.err], [0, ""]);
    assert.equal(
      said(named.out),
      "Pipeline valid: 4 step(s)\n  over DIR/.ail/one/default.yaml\n  over HOME/.config/ail/default.yaml\n",
    );
    // The one that was used last lies over the same layers.
    const json = await ail(["validate", "--output-format", "json"]);
    assert.deepEqual(JSON.parse(said(json.out)), {
      valid: true,
      step_count: 4,
      layers: ["DIR/.ail/one/default.yaml", "HOME/.config/ail/default.yaml"],
    });
  });
});

Deno.test("s08: a run follows the layers, also after it has read its file anew", async () => {
  await withAilFolder(async (folder) => {
    await writeLayers(folder);
    const run = await folder.ail(["--pipeline", "named.yaml", "--show-work", "hello"]);
    assert.deepEqual([run.code, run.err], [0, ""]);
    assert.deepEqual(run.out.match(/✓ \w+/g), ["✓ plan", "✓ work", "✓ check", "✓ anew"]);
  });
});

Deno.test("s08: a project's file lies over the user's default, and a file that is called over nothing", async () => {
  await withAilFolder(async (folder) => {
    await writeLayers(folder);
    const { ail, write } = folder;
    const run = await ail(["--show-work", "hello"]);
    assert.deepEqual(run.out.match(/✓ \w+/g), ["✓ work", "✓ check"]);
    await write("calls.yaml", 'version: "1"\npipeline: [{id: call, pipeline: ./named.yaml}]\n');
    const called = await ail(["--pipeline", "calls.yaml", "hello"]);
    assert.equal(called.code, 1);
    assert.match(called.err, /'run_before' is a hook operation, which needs a file with FROM/);
  });
});

Deno.test("s15: a desk's default backend hands a step to the vendor's, with the model's name alone", async () => {
  await withAilFolder(async ({ ail, write, dir }) => {
    await write(
      "codex.sh",
      `#!/bin/sh
echo '{"type":"thread.started","thread_id":"t"}'
printf '{"type":"item.completed","item":{"type":"agent_message","text":"%s"}}\\n' "$*"
echo '{"type":"turn.completed"}'
`,
    );
    await Deno.chmod(join(dir, "codex.sh"), 0o755);
    await write(
      "p.yaml",
      'version: "1"\npipeline: [{id: invocation, runner: stub, prompt: x}, {id: a, prompt: ask, model: openai/gpt-x}]\n',
    );
    const environment = { AIL_DEFAULT_RUNNER: "claude", AIL_CODEX_BIN: join(dir, "codex.sh") };
    const run = await ail(["--pipeline", "p.yaml", "hello"], [], environment);
    assert.deepEqual([run.code, run.err], [0, ""]);
    assert.match(run.out, /--- a ---\nexec .*--model gpt-x .*ask\n/);
  });
});

Deno.test("s05: the lean output leaves out what a step does not want shown; --show-work has it", async () => {
  await withAilFolder(async ({ ail, write }) => {
    await write(
      "p.yaml",
      'version: "1"\npipeline: [{id: a, prompt: a}, {id: b, prompt: b, display: false}]\n',
    );
    assert.equal((await ail(["--pipeline", "p.yaml", "x"])).out, "\n--- a ---\nstub response\n");
    assert.match((await ail(["--pipeline", "p.yaml", "--show-work", "x"])).out, /✓ b {3}— stub response/);
  });
});
