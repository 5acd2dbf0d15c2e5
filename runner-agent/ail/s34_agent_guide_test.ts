import assert from "node:assert/strict";
import { withAilFolder } from "../../test/fake/ail_command.ts";

const LEAN = ["claudemd", "agents-md", "agentsmd"];
const FULL = ["claudemd-full", "agents-md-full", "agentsmd-full", "full"];
const LEAN_MAX_BYTES = 1_100;

const bytes = (text: string) => new TextEncoder().encode(text).length;

async function guide(...args: string[]) {
  let run = { code: -1, out: "", err: "" };
  await withAilFolder(async ({ ail }) => void (run = await ail(["agent-guide", ...args])));
  return run;
}

Deno.test("s34: each name of a format prints its text, and the short one is what no name prints", async () => {
  const lean = await guide();
  assert.deepEqual([lean.code, lean.err], [0, ""]);
  for (const format of LEAN) assert.deepEqual(await guide("--format", format), lean, format);
  const full = await guide("--format", FULL[0]!);
  assert.notEqual(full.out, lean.out);
  for (const format of FULL) assert.deepEqual(await guide("--format", format), full, format);
});

Deno.test("s34: the short text stays short, and the whole one is at least three times as long", async () => {
  const [lean, full] = [bytes((await guide()).out), bytes((await guide("--format", "full")).out)];
  assert.ok(lean < LEAN_MAX_BYTES, `${lean} bytes`);
  assert.ok(full >= 3 * lean, `${full} and ${lean} bytes`);
});

Deno.test("s34: each begins with a comment that names the command which wrote it, and ends with a line", async () => {
  assert.match((await guide()).out, /^<!-- [^>]*`?ail agent-guide`? -->\n/);
  assert.match(
    (await guide("--format", "full")).out,
    /^<!-- [^>]*ail agent-guide --format claudemd-full -->\n/,
  );
  for (const args of [[], ["--format", "full"]]) assert.match((await guide(...args)).out, /[^\n]\n$/);
});

for (
  const words of [
    "ail spec --format compact",
    "ail validate",
    "ail materialize",
    "ail --dry-run",
    "claudemd-full",
  ]
) {
  Deno.test(`s34: the short text names '${words}'`, async () => {
    assert.ok((await guide()).out.includes(words));
  });
}

for (
  const words of [
    "passthrough",
    "ail spec --list",
    "ail init",
    "ail log",
    "invocation",
    "on_result",
    "on_error",
    "FROM",
  ]
) {
  Deno.test(`s34: the whole text explains '${words}'`, async () => {
    assert.ok((await guide("--format", "full")).out.includes(words));
  });
}

Deno.test("s34: every pipeline in the texts is right, and every command and option in them is one", async () => {
  const { out } = await guide("--format", "full");
  const examples = [...out.matchAll(/```yaml\n(version:[\s\S]*?)```/g)].map(([, text]) => text!);
  assert.ok(examples.length >= 1);
  await withAilFolder(async ({ ail, write }) => {
    for (const example of examples) {
      await write("p.yaml", example);
      assert.deepEqual(await ail(["validate", "--pipeline", "p.yaml"]), {
        code: 0,
        out: `Pipeline valid: ${example.match(/^ {2}- id:/gm)!.length} step(s)\n`,
        err: "",
      });
    }
    const help = (await ail(["--help"])).out;
    for (const text of [out, (await guide()).out]) {
      for (const [, name] of text.matchAll(/`(?:AIL_\w+=\w+ )?ail ([a-z][a-z-]+)/g)) {
        assert.match(help, new RegExp(`^ {2}${name}\\b`, "m"), name!);
      }
    }
  });
});

Deno.test("s34: a format that nobody knows is exit code 1, with those that there are", async () => {
  for (const format of ["nope", "", "CLAUDEMD", "constructor"]) {
    const refused = await guide("--format", format);
    assert.deepEqual([refused.code, refused.out], [1, ""], format);
    for (const known of [...LEAN, ...FULL]) assert.ok(refused.err.includes(known), known);
  }
});
