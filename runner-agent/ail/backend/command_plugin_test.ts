import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withAilFolder } from "../../../test/fake/ail_command.ts";

const EXAMPLES = fileURLToPath(new URL("../../../examples/plugins/", import.meta.url));
const hasPython = await new Deno.Command("python3", { args: ["--version"], stdout: "null", stderr: "null" })
  .output().then(({ success }) => success, () => false);
const PIPELINE = `
version: "1"
pipeline:
  - id: first
    prompt: "hello"
    runner: Echo
    append_system_prompt: ["kindly"]
  - id: second
    prompt: "permission for {{ step.first.response }}?"
    runner: echo
    resume: true
`;

async function copySample(home: string): Promise<void> {
  const runners = join(home, ".ail", "runners");
  await Deno.mkdir(runners, { recursive: true });
  for (const name of ["echo.yaml", "echo_plugin.py"]) {
    await Deno.copyFile(join(EXAMPLES, name), join(runners, name));
  }
}

Deno.test({
  name: `the command runs steps by a plugin, and asks its controller what the plugin wishes${
    hasPython ? "" : " (left out: there is no python3 here)"
  }`,
  ignore: !hasPython,
  async fn() {
    const wished = Promise.withResolvers<void>();
    await withAilFolder(async ({ home, write, ail }) => {
      await copySample(home);
      await write("p.ail.yaml", PIPELINE);
      async function* input() {
        await wished.promise;
        yield '{"type":"permission_response","allowed":true}';
      }
      const run = await ail(["--pipeline", "p.ail.yaml", "--output-format", "json", "start"], input());
      assert.equal(run.code, 0, run.out + run.err);
      assert.equal(run.err, "");
      const completed = run.out.trim().split("\n").map((line) => JSON.parse(line)).filter(({ type }) =>
        type === "step_completed"
      );
      assert.deepEqual(completed.map(({ step_id, response }) => [step_id, response]), [
        ["invocation", "stub response"],
        ["first", "kindly hello"],
        ["second", "permission for kindly hello?"],
      ]);
    }, (text) => {
      if (text.includes('"permission_requested"')) wished.resolve();
    });
  },
});

const FAILING = `
version: "1"
pipeline:
  - id: invocation
    prompt: "fail at once"
    runner: echo
    on_error: continue
  - id: after
    prompt: "went on"
    runner: echo
  - id: last
    prompt: "fail for good"
    runner: echo
`;

Deno.test({
  name: `a plugin's refusal is the step's failure: the run goes on where it may, and exits with 1 where not${
    hasPython ? "" : " (left out: there is no python3 here)"
  }`,
  ignore: !hasPython,
  async fn() {
    await withAilFolder(async ({ home, write, ail }) => {
      await copySample(home);
      await write("p.ail.yaml", FAILING);
      const run = await ail(["--pipeline", "p.ail.yaml", "--output-format", "json", "start"]);
      assert.equal(run.code, 1, run.out + run.err);
      const lines = run.out.trim().split("\n").map((line) => JSON.parse(line));
      const errors = lines.filter(({ error }) => typeof error === "string");
      assert.deepEqual(errors.map(({ type, error_type }) => [type, error_type ?? null]), [
        ["step_error_continued", "ail:runner/invocation-failed"],
        ["step_failed", null],
        ["pipeline_error", "ail:runner/invocation-failed"],
      ], run.out);
      assert.ok(errors.every(({ error }) => error.includes("the model is not there (code -32001)")), run.out);
      assert.deepEqual(
        lines.filter(({ type }) => type === "step_completed").map((
          { step_id, response },
        ) => [step_id, response]),
        [["after", "went on"]],
      );
    });
  },
});

Deno.test("a manifest of another protocol is told with its file, and its name is not known", async () => {
  await withAilFolder(async ({ home, write, ail }) => {
    const runners = join(home, ".ail", "runners");
    await Deno.mkdir(runners, { recursive: true });
    await Deno.writeTextFile(
      join(runners, "later.yaml"),
      'name: later\nversion: "1"\nprotocol_version: "2"\nexecutable: ./later\n',
    );
    await write("p.ail.yaml", 'version: "1"\npipeline:\n  - id: a\n    prompt: hello\n    runner: later\n');
    const run = await ail(["--pipeline", "p.ail.yaml", "start"]);
    assert.equal(run.code, 1, run.out + run.err);
    assert.match(run.err, /later\.yaml: 'protocol_version' must be "1": current value is "2"/);
    assert.match(run.out + run.err, /\[ail:runner\/not-found\] Runner 'later' is not recognized/);
  });
});
