import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withAilFolder } from "../../test/fake/ail_command.ts";
import { ailLogText, type LogRow, rowOfLine } from "../pipeline/ail_log.ts";
import type { LogLine } from "../pipeline/entry.ts";

/** A run with everything that a log can have, and its text: both are looked at by people when they change. */
const GOLDEN = fileURLToPath(new URL("../../test/golden/ail_log/", import.meta.url));
const lines = () => Deno.readTextFile(join(GOLDEN, "consistency.jsonl"));
const golden = () => Deno.readTextFile(join(GOLDEN, "consistency.ail-log"));
const rowsOf = (text: string): readonly LogRow[] =>
  text.trimEnd().split("\n").flatMap((line) => rowOfLine(JSON.parse(line) as LogLine) ?? []);

Deno.test("r04: the log of the golden run is its golden text, byte for byte", async () => {
  assert.equal(ailLogText(rowsOf(await lines())), await golden());
});

Deno.test("r04: the command prints the same bytes of a run's file", async () => {
  await withAilFolder(async ({ ail, home }) => {
    assert.equal((await ail(["hello"])).code, 0);
    const { run_id } = JSON.parse((await ail(["logs", "--format", "json"])).out);
    const [project] = [...Deno.readDirSync(join(home, ".ail/projects"))];
    const file = join(home, ".ail/projects", project!.name, "runs", `${run_id}.jsonl`);
    await Deno.writeTextFile(file, await lines());
    assert.deepEqual(await ail(["log"]), { code: 0, out: await golden(), err: "" });
    assert.deepEqual(await ail(["log", run_id, "--follow"]), { code: 0, out: await golden(), err: "" });
    assert.equal((await ail(["log", "--format", "raw"])).out, await lines());
  });
});

const turn = (row: Partial<LogRow>, type = "step_completed") =>
  ailLogText([{ step_id: "a", event_type: type, ...row }]).slice("ail-log/1\n\n## Turn 1 — `a`\n".length);

for (
  const [rule, row, expected] of [
    [
      "cost and tokens",
      { cost_usd: 0.00154, input_tokens: 1, output_tokens: 2 },
      "_Cost: $0.0015 | 1in / 2out tokens_",
    ],
    ["cost alone", { cost_usd: 0.0015 }, "_Cost: $0.0015_"],
    ["half of the tokens is none", { cost_usd: 1, input_tokens: 1 }, "_Cost: $1.0000_"],
    ["no cost and no token", { input_tokens: 0, output_tokens: 0 }, "_No cost (context step)_"],
    [
      "a cost of nothing is one",
      { cost_usd: 0, input_tokens: 0, output_tokens: 0 },
      "_Cost: $0.0000 | 0in / 0out tokens_",
    ],
  ] as const
) {
  Deno.test(`r04: the cost line: ${rule}`, () => assert.equal(turn(row), `\n---\n${expected}\n`));
}

Deno.test("r04: where nothing is known of a cost there is no line of it, and a failure never has one", () => {
  assert.equal(turn({ response: "x" }), "\nx\n");
  assert.equal(
    turn({ response: "it broke", cost_usd: 1 }, "step_failed"),
    "\n> [!WARNING]\n> **Step failed:** it broke\n",
  );
});

Deno.test("r04: the first line is the version, also of a run in which nothing happened", () => {
  assert.equal(ailLogText([]), "ail-log/1\n");
});

Deno.test("r04: no text is changed: markup, directives and lines of a log within an answer stay as they are", () => {
  for (const text of ["<b>&amp;</b>", ":::thinking\nnot mine\n:::", "ail-log/2", "---", "{{ x }} $1 $&"]) {
    assert.equal(turn({ response: text }), `\n${text}\n`);
    assert.equal(turn({ stdout: text }), `\n:::stdio stream="stdout"\n${text}\n:::\n`);
  }
});
