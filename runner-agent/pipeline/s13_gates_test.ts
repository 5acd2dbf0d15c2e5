import assert from "node:assert/strict";
import { run } from "../../test/fake/pipeline_run.ts";

const ONE = (step: string) => `version: "0.1"\npipeline:\n  - ${step}\n  - {id: z, prompt: "z"}\n`;
const eventsOf = (ran: ReturnType<typeof run>, stepId: string) =>
  ran.events.filter((event) => "step_id" in event && event.step_id === stepId);

Deno.test("s13: a pause tells of itself, waits, and leaves no entry", () => {
  const ran = run(ONE('{id: g, action: pause_for_human, message: "look {{ here }}"}'), {
    human: () => ({ kind: "answered", text: "ok" }),
  });
  assert.deepEqual(eventsOf(ran, "g"), [
    { type: "hitl_gate_reached", step_id: "g", message: "look {{ here }}" },
    {
      type: "step_completed",
      step_id: "g",
      cost_usd: null,
      input_tokens: 0,
      output_tokens: 0,
      response: null,
    },
  ]);
  assert.equal(ran.entry("g"), undefined);
});

Deno.test("s13: where nobody can be asked a pause is a warning and no end", () => {
  const ran = run(ONE("{id: g, action: pause_for_human}"));
  assert.equal(ran.outcome.end.kind, "completed");
  assert.match(ran.warnings[0]!, /'g' waits for a person/);
});

Deno.test("s13: a no ends the run with its reason; a gate with a time may go on or end", () => {
  const no = run(ONE("{id: g, action: pause_for_human}"), {
    human: () => ({ kind: "rejected", reason: "too risky" }),
  });
  assert.ok(no.outcome.end.kind === "failed");
  assert.match(no.outcome.end.fault.detail, /too risky/);
  const late = (more: string) =>
    run(ONE(`{id: g, action: pause_for_human, timeout_seconds: 1${more}}`), {
      human: () => ({ kind: "timed_out" }),
    }).outcome.end.kind;
  assert.equal(late(""), "failed");
  assert.equal(late(", on_timeout: continue"), "completed");
});

Deno.test("s13: what a person makes of the output is there for later steps, and is no response", () => {
  const ran = run(
    `version: "0.1"
pipeline:
  - {id: a, prompt: a}
  - {id: m, action: modify_output}
  - {id: z, prompt: "{{ step.m.modified }}|{{ last_response }}"}
`,
    { human: () => ({ kind: "answered", text: "better" }), prompt: ({ prompt }) => `<${prompt}>` },
  );
  assert.equal(ran.calls.at(-1)!.prompt, "better|<a>");
  assert.deepEqual(eventsOf(ran, "m")[0], {
    type: "hitl_modify_reached",
    step_id: "m",
    last_response: "<a>",
  });
  assert.equal(ran.entry("m")!.prompt, "modify_output");
});

for (
  const [more, end, modified] of [
    ["", "completed", undefined],
    [", on_headless: skip", "completed", undefined],
    [", on_headless: abort", "failed", undefined],
    [", on_headless: use_default, default_value: d", "completed", "d"],
  ] as const
) {
  Deno.test(`s13: modify_output without a person${more}: ${end}`, () => {
    const ran = run(ONE(`{id: m, action: modify_output${more}}`));
    assert.equal(ran.outcome.end.kind, end);
    assert.equal(ran.entry("m")?.modified, modified);
  });
}

Deno.test("s05.4: on_result may pause, and use_original puts the invocation's answer last again", () => {
  const ran = run(
    ONE("{id: a, prompt: a, message: m, on_result: [{always: true, action: pause_for_human}]}"),
    {
      human: () => ({ kind: "answered", text: "" }),
    },
  );
  assert.deepEqual(eventsOf(ran, "a").at(-1), { type: "hitl_gate_reached", step_id: "a", message: "m" });
  const original = run(
    `version: "0.1"
pipeline:
  - {id: a, prompt: a, on_result: [{always: true, action: use_original}]}
  - {id: z, prompt: "{{ last_response }}"}
`,
    { prompt: ({ stepId }) => `of ${stepId}` },
  );
  assert.equal(original.calls.at(-1)!.prompt, "of invocation");
});

Deno.test("3.4: reload_self goes on after its own id in the file as it is now", () => {
  const text = (rest: string) => `version: "0.1"\npipeline:\n  - {id: r, action: reload_self}\n${rest}`;
  const files: Record<string, string> = { "/work/p.ail.yaml": text("  - {id: old, prompt: old}\n") };
  const change = (to: string) => ({
    files,
    prompt: () => {
      files["/work/p.ail.yaml"] = to;
      return "x";
    },
  });
  const ran = run(null, change(text("  - {id: new, prompt: new}\n  - {id: last, prompt: last}\n")));
  assert.deepEqual(ran.calls.map(({ stepId }) => stepId), ["invocation", "new", "last"]);
  assert.equal(ran.entry("r")!.response, "reloaded pipeline (2 -> 3 steps) from /work/p.ail.yaml");
  for (
    const [to, part] of [["version: 3", "cannot be loaded"], [
      'version: "0.1"\npipeline: [{id: x, prompt: x}]\n',
      "no step 'r' any more",
    ]]
  ) {
    files["/work/p.ail.yaml"] = text("");
    const { end } = run(null, change(to!)).outcome;
    assert.ok(
      end.kind === "failed" && end.fault.type === "ail:pipeline/reload-failed" &&
        end.fault.detail.includes(part!),
    );
  }
});

Deno.test("s12: if_code_changed is true once the working tree is another", () => {
  const text =
    `version: "0.1"\npipeline: [{id: a, prompt: a, condition: if_code_changed}, {id: z, prompt: z}]\n`;
  const asked = (digests: string[]) =>
    run(text, { digest: () => digests.shift()! }).calls.map(({ stepId }) => stepId);
  assert.deepEqual(asked(["1", "1"]), ["invocation", "z"]);
  assert.deepEqual(asked(["1", "2"]), ["invocation", "a", "z"]);
});

Deno.test("s13: a gate in an async step is told of, so that somebody can answer it", () => {
  const ran = run(
    `version: "0.1"
pipeline:
  - {id: a, async: true, prompt: a, message: m, on_result: [{always: true, action: pause_for_human}]}
  - {id: j, action: join, depends_on: [a]}
`,
    { human: () => ({ kind: "answered", text: "" }) },
  );
  assert.deepEqual(eventsOf(ran, "a").filter(({ type }) => type === "hitl_gate_reached"), [
    { type: "hitl_gate_reached", step_id: "a", message: "m" },
  ]);
});

Deno.test("s13: a channel that closed is the empty text at a gate, and no yes where a failure waits for one", () => {
  const closed = () => ({ kind: "answered", text: "", isClosed: true }) as const;
  const gate = run(ONE("{id: g, action: pause_for_human}"), { human: closed });
  assert.equal(gate.outcome.end.kind, "completed");
  const failed = run(ONE("{id: a, prompt: a, on_error: pause_for_human}"), {
    human: closed,
    prompt: ({ stepId }) => stepId === "a" ? new Error("boom") : "x",
  });
  assert.equal(failed.outcome.end.kind, "failed");
});
