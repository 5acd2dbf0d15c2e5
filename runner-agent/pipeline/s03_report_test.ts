import assert from "node:assert/strict";
import { load } from "../../test/fake/pipeline_run.ts";
import { passthroughPipeline } from "./load.ts";
import { footerText, leanText, showWorkText, watchText } from "./report.ts";
import { newEntry } from "./telling.ts";

const declared = load({
  files: {
    "/work/p.ail.yaml": 'version: "1"\npipeline: [{id: invocation, prompt: x}, {id: a, prompt: y}]\n',
  },
});
const implied = load({ files: { "/work/p.ail.yaml": 'version: "1"\npipeline: [{id: a, prompt: y}]\n' } });
const entries = [newEntry("invocation", { response: "first" }), newEntry("a", { response: "last" })];
const all = { showsResponses: true, showsThinking: true };

Deno.test("an invocation is printed where it is declared, and the last answer of another step", () => {
  assert.equal(leanText(declared, entries), "first\n\n--- a ---\nlast\n");
  assert.equal(leanText(implied, entries), "\n--- a ---\nlast\n");
  assert.equal(leanText(passthroughPipeline(), entries.slice(0, 1)), "first\n");
  const command = newEntry("sh", { stdout: "out" });
  assert.equal(leanText(declared, [...entries, command]), "first\n\n--- a ---\nlast\n");
});

Deno.test("the footer counts the steps after the invocation", () => {
  assert.equal(footerText(entries, 1_234), "[ail: 1 step in 1.2s]\n");
  assert.equal(footerText(entries.slice(0, 1), 1_234), "");
});

Deno.test("a long first line is cut between characters", () => {
  const text = showWorkText(declared, [newEntry("a", { response: `\n${"😀".repeat(100)}\nmore` })], 50);
  assert.equal(text, `[pipeline]\n✓ a   — ${"😀".repeat(79)}…\n[ail: 1 step in 0.1s]\n`);
});

Deno.test("progress shows what was asked for and no more", () => {
  const completed = {
    type: "step_completed",
    step_id: "a",
    cost_usd: 0,
    input_tokens: 1,
    output_tokens: 2,
    response: "yes",
  } as const;
  assert.equal(watchText(completed, all), "    ✓ a (1 in / 2 out)\n  [Response]\nyes\n");
  assert.equal(watchText(completed, { ...all, showsResponses: false }), "    ✓ a (1 in / 2 out)\n");
  assert.equal(watchText({ type: "step_failed", step_id: "a", error: "no" }, all), "    ✗ a: no\n");
  const thought = {
    type: "completed",
    response: "",
    cost_usd: null,
    session_id: null,
    input_tokens: 0,
    output_tokens: 0,
    thinking: "hm",
    tool_events: [],
  } as const;
  assert.equal(watchText({ type: "runner_event", event: thought }, all), "  [Thinking]\nhm\n");
  assert.equal(watchText({ type: "runner_event", event: thought }, { ...all, showsThinking: false }), "");
});

Deno.test("--watch tells of each pass and item in a line, and of a step that was cancelled", () => {
  const all = { showsResponses: true, showsThinking: true };
  const pass = { step_id: "fix", iteration: 0, max_iterations: 3 };
  assert.equal(
    watchText({ type: "do_while_iteration_started", ...pass }, all),
    "    ↻ fix: pass 1 of at most 3\n",
  );
  assert.equal(watchText({ type: "do_while_iteration_completed", ...pass }, all), "");
  const item = { step_id: "each", index: 2, total_items: 3 };
  assert.equal(
    watchText({ type: "for_each_item_started", ...item, item: "x" }, all),
    "    ↻ each: item 2 of 3\n",
  );
  const cancelled = { step_id: "b", cancelled_by: "a", reason: "fail_fast" };
  assert.equal(
    watchText({ type: "async_step_cancelled", ...cancelled }, all),
    "    - b: cancelled (fail_fast)\n",
  );
});
