import assert from "node:assert/strict";
import { type AilFolder, withAilFolder } from "../../test/fake/ail_command.ts";
import { type ListedRun, type ListedStep, rowsJson, runBlock, runJson } from "../pipeline/run_overview.ts";

const row = (stepId: string, eventType: string, recordedAtMs: number, more: Partial<ListedStep> = {}) => ({
  stepId,
  eventType,
  prompt: null,
  response: null,
  thinking: null,
  costUsd: null,
  inputTokens: null,
  outputTokens: null,
  recordedAtMs,
  ...more,
});
const RUN: ListedRun = {
  runId: "r-1",
  source: "/work/p.ail.yaml",
  startedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  completedAtMs: null,
  totalCostUsd: 0.5,
  status: "running",
  steps: [
    row("invocation", "step_started", 1_000),
    row("invocation", "step_completed", 1_250, {
      prompt: "ask",
      response: "answer",
      thinking: "hm",
      costUsd: 0.5,
      inputTokens: 10,
      outputTokens: 5,
    }),
    row("shell", "step_started", 1_300),
    row("a_step_with_a_long_id", "step_failed", 1_400),
    row("shell", "step_retrying", 1_500),
    row("shell", "step_started", 1_600),
    row("shell", "step_completed", 1_610),
  ],
};

Deno.test("s25: the text has a line for the run, one for each row but beginnings, and an empty one", () => {
  assert.equal(
    runBlock(RUN),
    `[2026-01-02 03:04:05] run_id: r-1  status: running  cost: $0.5000  steps: 4
  invocation       step_completed  $0.5000  10in/5out
  a_step_with_a_long_id step_failed
  shell            step_retrying
  shell            step_completed

`,
  );
  assert.match(runBlock({ ...RUN, totalCostUsd: null }), / cost: \$0\.0000 /);
});

Deno.test("s25: JSON is one line with these fields, and what is not known is null", () => {
  const text = runJson(RUN);
  assert.equal(text.indexOf("\n"), text.length - 1);
  const run = JSON.parse(text);
  assert.deepEqual(Object.keys(run), [
    "run_id",
    "pipeline_source",
    "started_at",
    "completed_at",
    "total_cost_usd",
    "status",
    "steps",
  ]);
  assert.deepEqual([run.run_id, run.completed_at, run.status], ["r-1", null, "running"]);
  assert.deepEqual(run.steps[0], {
    step_id: "invocation",
    event_type: "step_completed",
    prompt: "ask",
    response: "answer",
    cost_usd: 0.5,
    input_tokens: 10,
    output_tokens: 5,
    thinking: "hm",
    recorded_at: 1_250,
    latency_ms: 250,
  });
});

Deno.test("s25: a row's latency is counted from the last beginning of its step, and null where there was none", () => {
  const { steps } = JSON.parse(runJson(RUN));
  assert.deepEqual(
    steps.map((step: Record<string, unknown>) => [step["step_id"], step["event_type"], step["latency_ms"]]),
    [
      ["invocation", "step_completed", 250],
      ["a_step_with_a_long_id", "step_failed", null],
      ["shell", "step_retrying", 200],
      ["shell", "step_completed", 10],
    ],
  );
});

Deno.test("s25: the rows of one run tell their status and time, from any row on", () => {
  const rows = (from: number) =>
    rowsJson("r-1", RUN.steps, from).split("\n").filter((line) => line !== "").map((line) =>
      JSON.parse(line)
    );
  assert.deepEqual(rows(0).map(({ step_index, status, duration_ms }) => [step_index, status, duration_ms]), [
    [0, "running", null],
    [0, "completed", 250],
    [1, "running", null],
    [2, "failed", null],
    [1, "retrying", 200],
    [1, "running", null],
    [1, "completed", 10],
  ]);
  assert.deepEqual(rows(3), rows(0).slice(3), "a later look says the same");
});

const PIPELINE = `version: "1"
pipeline:
  - {id: sh, context: {shell: "echo out"}}
  - {id: bad, prompt: "{{ env.NOBODY_HAS_THIS }}", on_error: continue}
  - {id: ask, prompt: about quokkas}
`;

async function withRuns(body: (folder: AilFolder) => Promise<void>): Promise<void> {
  await withAilFolder(async (folder) => {
    await folder.write("p.yaml", PIPELINE);
    assert.equal((await folder.ail(["--pipeline", "p.yaml", "first prompt"])).code, 0);
    assert.equal((await folder.ail(["--pipeline", "p.yaml", "second prompt"])).code, 0);
    await body(folder);
  });
}

const runsOf = async ({ ail }: AilFolder, ...args: string[]) =>
  (await ail(["logs", "--format", "json", ...args])).out.split("\n").filter((line) => line !== "").map((
    line,
  ) => JSON.parse(line));

Deno.test("s25: the command lists runs, newest first, with every row and its latency", async () => {
  await withRuns(async (folder) => {
    const runs = await runsOf(folder);
    assert.deepEqual(runs.map(({ steps }) => steps[0].prompt), ["second prompt", "first prompt"]);
    for (const { status, pipeline_source, started_at, completed_at, steps } of runs) {
      assert.deepEqual([status, pipeline_source], ["completed", `${folder.dir}/p.yaml`]);
      assert.ok(completed_at >= started_at);
      assert.deepEqual(
        steps.map((step: Record<string, string>) => `${step["step_id"]} ${step["event_type"]}`),
        ["invocation step_completed", "sh step_completed", "bad step_error_continued", "ask step_completed"],
      );
      for (const step of steps) {
        // A step that failed before it began has no beginning to count from.
        assert.ok(step.step_id === "bad" ? step.latency_ms === null : step.latency_ms >= 0, step.step_id);
      }
    }
  });
});

Deno.test("s25: runs are chosen by the beginning of their id, by words, and by how many", async () => {
  await withRuns(async (folder) => {
    const [second, first] = await runsOf(folder);
    const ids = async (...args: string[]) => (await runsOf(folder, ...args)).map(({ run_id }) => run_id);
    const rows: readonly (readonly [readonly string[], readonly string[]])[] = [
      [["--session", first.run_id], [first.run_id]],
      [["--session", first.run_id.slice(0, 13)], [first.run_id]],
      [["--session", "%"], []],
      [["--session", "_".repeat(8)], []],
      [["--query", "second"], [second.run_id]],
      [["--query", "quokkas"], [second.run_id, first.run_id]],
      [["--query", "quokkas AND first"], []],
      [["--query", '"first prompt"'], [first.run_id]],
      [["--query", "wombats"], []],
      [["--limit", "1"], [second.run_id]],
      [["--limit", "1", "--query", "first"], [first.run_id]],
    ];
    for (const [args, expected] of rows) assert.deepEqual(await ids(...args), expected, args.join(" "));
  });
});

Deno.test("s25: where nothing has run there is nothing; a query that cannot be read is exit code 1", async () => {
  await withAilFolder(async ({ ail }) => {
    for (const format of ["text", "json"]) {
      assert.deepEqual(await ail(["logs", "--format", format]), { code: 0, out: "", err: "" });
    }
    assert.equal((await ail(["logs", "--format", "xml"])).code, 2);
  });
  await withRuns(async ({ ail }) => {
    const refused = await ail(["logs", "--query", "AND ("]);
    assert.deepEqual([refused.code, refused.out], [1, ""]);
    assert.match(refused.err, /^\[ail:storage\/query-failed\] /);
  });
});
