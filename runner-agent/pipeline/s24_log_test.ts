import assert from "node:assert/strict";
import fc from "fast-check";
import type { LogLine } from "./entry.ts";
import { AIL_LOG_HEADER, AilLog, ailLogText, type LogRow, rowOfLine } from "./ail_log.ts";
import { newEntry } from "./telling.ts";

Deno.test("a run's rows are the same bytes each time", () => {
  const call = {
    event_type: "tool_call",
    tool_name: "Read",
    tool_id: "t1",
    content_json: '{"a":1}',
    seq: 0,
  } as const;
  const result = {
    event_type: "tool_result",
    tool_name: "",
    tool_id: "t1",
    content_json: "text",
    seq: 1,
  } as const;
  const rows: readonly LogRow[] = [
    { step_id: "invocation", event_type: "step_started" },
    {
      step_id: "invocation",
      event_type: "step_completed",
      thinking: "hm",
      response: "fine",
      cost_usd: 0.0015,
      input_tokens: 120,
      output_tokens: 45,
      tool_events: [result, call],
    },
    {
      step_id: "sh",
      event_type: "step_completed",
      stdout: "o\n",
      stderr: "e",
      input_tokens: 0,
      output_tokens: 0,
    },
    { step_id: "cheap", event_type: "step_completed", response: "x", cost_usd: 2 },
    { step_id: "bare", event_type: "step_completed", response: "y" },
    { step_id: "bad", event_type: "step_failed", response: "it broke\nbadly" },
  ];
  assert.equal(
    ailLogText(rows),
    `ail-log/1

## Turn 1 — \`invocation\`

:::thinking
hm
:::

:::tool-call name="Read"
{"a":1}
:::

:::tool-result name=""
text
:::

fine

---
_Cost: $0.0015 | 120in / 45out tokens_

## Turn 2 — \`sh\`

:::stdio stream="stdout"
o
:::

:::stdio stream="stderr"
e
:::

---
_No cost (context step)_

## Turn 3 — \`cheap\`

x

---
_Cost: $2.0000_

## Turn 4 — \`bare\`

y

## Turn 5 — \`bad\`

> [!WARNING]
> **Step failed:** it broke
> badly
`,
  );
});

Deno.test("what is newer stands, and a step that succeeded in the end did not fail", () => {
  const text = ailLogText([
    { step_id: "a", event_type: "step_failed", response: "first" },
    { step_id: "a", event_type: "step_retrying", response: "again" },
    { step_id: "a", event_type: "step_completed", response: "old", thinking: "kept" },
    { step_id: "a", event_type: "step_completed", response: "new", thinking: "" },
  ]);
  assert.match(text, /:::thinking\nkept\n:::\n\nnew\n$/);
  assert.doesNotMatch(text, /failed|old/);
});

Deno.test("what a follower has printed is what the whole log begins with, wherever it was cut", () => {
  // Steps begin, are tried, and end, one after the other or one in the other as in a loop.
  const step = fc.record({
    tries: fc.nat(2),
    end: fc.constantFrom("step_completed", "step_failed", "step_error_continued"),
    response: fc.constantFrom("one", "two\n", ""),
    isAround: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
    const rows: LogRow[] = [];
    const ends: LogRow[] = [];
    for (const [index, { tries, end, response, isAround }] of steps.entries()) {
      const step_id = `step-${index}`;
      rows.push({ step_id, event_type: "step_started" });
      for (let at = 0; at < tries; at++) {
        rows.push({ step_id, event_type: "step_retrying", response: "again" });
      }
      const last = { step_id, event_type: end, response };
      if (isAround) ends.unshift(last);
      else rows.push(last);
    }
    const all = [...rows, ...ends];
    const log = new AilLog();
    let followed = AIL_LOG_HEADER;
    for (const one of all) {
      log.add(one);
      followed += log.take(false);
    }
    assert.equal(followed, ailLogText(all));
  }));
});

Deno.test("a log line is a row; the beginning and end of a run are none", () => {
  assert.equal(rowOfLine({ type: "run_started", pipeline_source: null, project_hash: "x" }), null);
  assert.equal(rowOfLine({ type: "run_finished", status: "completed", total_cost_usd: 0 }), null);
  assert.equal(rowOfLine(newEntry("a", { modified: "mine" }))?.response, "mine");
  const failed = {
    type: "step_error",
    step_id: "a",
    error_type: "ail:runner/timeout",
    error_detail: "late",
    on_error_action: "continue",
  } as const;
  assert.equal(rowOfLine(failed)?.event_type, "step_error_continued");
});

Deno.test("r04: what loops and branches tell, and lines of a kind that nobody knows, are no part of ail-log/1", () => {
  assert.equal(rowOfLine({ type: "do_while_started", step_id: "l", max_iterations: 2 }), null);
  assert.equal(rowOfLine({ type: "join_completed", step_id: "j" }), null);
  assert.equal(rowOfLine({ type: "of_the_future", step_id: "a" } as unknown as LogLine), null);
});
