import assert from "node:assert/strict";
import { join } from "node:path";
import { withTempDir } from "../../test/fake/temp_dir.ts";
import type { LogLine } from "../pipeline/entry.ts";
import { newEntry } from "../pipeline/telling.ts";
import { type ProjectPaths, projectPaths, runLogPath } from "./project.ts";
import { RunLog } from "./run_log.ts";
import { listRuns, openRuns } from "./run_table.ts";

const began = { kind: "begin_run", runId: "run-1", parentRunId: null, source: "/p.yaml" } as const;
const answered: LogLine = newEntry("invocation", {
  prompt: "hi",
  response: "a rare word: quokka",
  cost_usd: 0.5,
});
const all = { prefix: null, query: null, limit: 20, sinceMs: null };

async function withLog(
  body: (log: RunLog, paths: ProjectPaths, warnings: readonly string[]) => Promise<void>,
  prepare: (paths: ProjectPaths) => Promise<void> = async () => {},
): Promise<void> {
  await withTempDir(async (dir) => {
    const paths = await projectPaths(dir, dir);
    await prepare(paths);
    const warnings: string[] = [];
    const log = await RunLog.open(paths, { nowMs: () => 1_000, warn: (one) => warnings.push(one) });
    await body(log, paths, warnings);
  });
}

Deno.test("a line is in the file when its effect is answered", async () => {
  await withLog(async (log, paths) => {
    await log.begin(began);
    await log.append("run-1", answered);
    const lines = (await Deno.readTextFile(runLogPath(paths, "run-1"))).trimEnd().split("\n");
    assert.equal(
      lines[0],
      `{"type":"run_started","pipeline_source":"/p.yaml","project_hash":"${paths.hash}"}`,
    );
    assert.deepEqual(Object.keys(JSON.parse(lines[1]!)), [
      "step_id",
      "prompt",
      "response",
      "cost_usd",
      "input_tokens",
      "output_tokens",
      "runner_session_id",
      "stdout",
      "stderr",
      "exit_code",
      "thinking",
      "tool_events",
      "modified",
    ]);
    await log.close();
  });
});

Deno.test("the tables say what the file says, and the beginning of a run is no step", async () => {
  await withLog(async (log, paths) => {
    await log.begin(began);
    await log.append("run-1", { type: "step_started", step_id: "invocation", prompt: "hi" });
    await log.append("run-1", answered);
    await log.end({ kind: "end_run", runId: "run-1", status: "completed", totalCostUsd: 0.5 });
    await log.close();
    const client = await openRuns(paths);
    const [run] = await listRuns(client!, all);
    assert.equal(run?.status, "completed");
    assert.equal(run?.totalCostUsd, 0.5);
    assert.deepEqual(run?.steps.map(({ stepId, eventType }) => [stepId, eventType]), [
      ["invocation", "step_started"],
      ["invocation", "step_completed"],
    ]);
    assert.equal((await listRuns(client!, { ...all, query: "quokka" })).length, 1);
    assert.equal((await listRuns(client!, { ...all, query: "wombat" })).length, 0);
    assert.equal((await listRuns(client!, { ...all, prefix: "run-_" })).length, 0);
    client!.close();
  });
});

Deno.test("without its tables a run is logged all the same, and it is told once", async () => {
  const breakDatabase = async (paths: ProjectPaths) => {
    await Deno.mkdir(join(paths.database, "in the way"), { recursive: true });
  };
  await withLog(async (log, paths, warnings) => {
    await log.begin(began);
    await log.append("run-1", answered);
    await log.end({ kind: "end_run", runId: "run-1", status: "failed", totalCostUsd: 0 });
    await log.close();
    assert.equal((await Deno.readTextFile(runLogPath(paths, "run-1"))).trimEnd().split("\n").length, 3);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /^cannot open ail\.db/);
  }, breakDatabase);
});
