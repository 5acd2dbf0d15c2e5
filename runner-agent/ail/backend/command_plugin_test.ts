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

Deno.test({
  name: `the command runs steps by a plugin, and asks its controller what the plugin wishes${
    hasPython ? "" : " (left out: there is no python3 here)"
  }`,
  ignore: !hasPython,
  async fn() {
    const wished = Promise.withResolvers<void>();
    await withAilFolder(async ({ home, write, ail }) => {
      const runners = join(home, ".ail", "runners");
      await Deno.mkdir(runners, { recursive: true });
      for (const name of ["echo.yaml", "echo_plugin.py"]) {
        await Deno.copyFile(join(EXAMPLES, name), join(runners, name));
      }
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
