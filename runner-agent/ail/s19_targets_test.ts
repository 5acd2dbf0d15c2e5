import assert from "node:assert/strict";
import { type AilFolder, withAilFolder } from "../../test/fake/ail_command.ts";

/** Says by its first word who answered. */
const ANSWERING = (name: string) =>
  `#!/bin/sh
while read -r line; do
  case "$line" in
    *'"initialize"'*) echo '{"jsonrpc":"2.0","id":1,"result":{"name":"${name}","version":"1","protocol_version":"1","capabilities":{}}}' ;;
    *'"invoke"'*) echo '{"jsonrpc":"2.0","id":2,"result":{"response":"${name} answers","input_tokens":1,"output_tokens":1}}' ;;
    *'"shutdown"'*) exit 0 ;;
  esac
done
`;

async function addPlugin({ home }: AilFolder, name: string, manifest = ""): Promise<void> {
  const runners = `${home}/.ail/runners`;
  await Deno.mkdir(runners, { recursive: true });
  await Deno.writeTextFile(`${runners}/${name}.sh`, ANSWERING(name));
  await Deno.chmod(`${runners}/${name}.sh`, 0o755);
  await Deno.writeTextFile(
    `${runners}/${name}.yaml`,
    manifest || `name: ${name}\nversion: "1"\nexecutable: ./${name}.sh\n`,
  );
}

const PIPELINE = (runner: string) =>
  `version: "1"\npipeline:\n  - {id: invocation, prompt: x${runner === "" ? "" : `, runner: ${runner}`}}\n`;

for (
  const [rule, runner, environment, answer] of [
    ["the step's comes first", "mine", { AIL_DEFAULT_RUNNER: "stub" }, "mine answers\n"],
    ["then the environment's", "", { AIL_DEFAULT_RUNNER: "mine" }, "mine answers\n"],
    ["a built-in one is there without a manifest", "stub", { AIL_DEFAULT_RUNNER: "mine" }, "stub response\n"],
    ["names are one in any case, with blanks around them", "' MINE '", {}, "mine answers\n"],
  ] as const
) {
  Deno.test(`s19: of the runners that could answer ${rule}`, async () => {
    await withAilFolder(async (folder) => {
      await addPlugin(folder, "mine");
      await folder.write("p.yaml", PIPELINE(runner));
      assert.deepEqual(await folder.ail(["--pipeline", "p.yaml", "hello"], [], environment), {
        code: 0,
        out: answer,
        err: "",
      });
    });
  });
}

Deno.test("s19: who is named nowhere is claude, and whoever is not there is told by name", async () => {
  await withAilFolder(async (folder) => {
    await folder.write("p.yaml", PIPELINE(""));
    const run = await folder.ail(["--pipeline", "p.yaml", "hello"], [], {
      AIL_DEFAULT_RUNNER: "",
      PATH: "/nowhere",
    });
    assert.equal(run.code, 1);
    assert.match(run.err, /^\[ail:runner\/[a-z-]+\] .*claude/);
  });
});

Deno.test("s19: a runner that nobody knows is a fault which names those that there are, plugins last", async () => {
  await withAilFolder(async (folder) => {
    await addPlugin(folder, "mine");
    await folder.write("p.yaml", PIPELINE("nobody"));
    const run = await folder.ail(["--pipeline", "p.yaml", "hello"]);
    assert.equal(run.code, 1);
    assert.match(
      run.err,
      /^\[ail:runner\/not-found\] Runner 'nobody' is not recognized\. Known runners: claude, codex, http, ollama, stub, gemini, opencode, mine\n/,
    );
  });
});

Deno.test("s19: no plugin stands before a built-in runner: its manifest is told and passed over", async () => {
  await withAilFolder(async (folder) => {
    await addPlugin(folder, "other", 'name: Stub\nversion: "1"\nexecutable: ./other.sh\n');
    await folder.write("p.yaml", PIPELINE("stub"));
    const run = await folder.ail(["--pipeline", "p.yaml", "hello"]);
    assert.equal(run.out, "stub response\n");
    assert.match(run.err, /^warning: .*\[ail:plugin\/manifest-invalid\].*skipped\n$/s);
  });
});
