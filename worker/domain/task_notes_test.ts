/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { TaskId } from "../../protocol/ids.ts";
import { ok } from "../../protocol/result.ts";
import { createQueueRig, HEARTBEAT, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { TASK_NOTES_KEPT_MAX } from "../limits.ts";
import { tellProgress } from "./progress.ts";
import { admitLog } from "./report.ts";
import { submittedNotes } from "./following_notes.ts";
import { untoldNotes } from "./task_notes.ts";

function setUp() {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a")]));
  const task = rig.submit("tidy", { title: "Tidy the house" });
  const told = () => rig.events.flatMap((e) => e.destination === "task_log" ? [e.entry.kind] : []);
  return { rig, task, told, runner: rig.runner("ada") };
}

const openLog = (rig: ReturnType<typeof createQueueRig>, id: TaskId) =>
  rig.must((draft) => ok(draft.openLog(id)));

Deno.test("a task that was only submitted keeps no lines: they follow from its row", () => {
  const { rig, task, told } = setUp();
  assert.equal(rig.state.notes.size, 0);
  assert.deepEqual(told(), []);
  assert.deepEqual(untoldNotes(rig.state, task), submittedNotes(task, rig.jobOf(task.id)));
  assert.deepEqual(untoldNotes(rig.state, task).map((note) => [note.kind, note.detail, note.atMs]), [
    ["task_submitted", "Tidy the house", task.createdAtMs],
    ["job_queued", "attempt 1", task.createdAtMs],
  ]);
});

Deno.test("a job without output or reader ends without a line told to anybody", () => {
  const { rig, task, told, runner } = setUp();
  const { run } = rig.take(runner);
  rig.report(runner, { ...HEARTBEAT, runId: run.id });
  rig.report(runner, { ...SUCCESS, runId: run.id });
  assert.deepEqual(told(), []);
  assert.deepEqual(rig.timeline(task.id), [
    ...["task_submitted", "job_queued", "run_claimed", "run_started", "job_finished", "task_completed"],
  ]);
});

Deno.test("a task that goes its usual way keeps no lines; the first other one brings all of them", () => {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a"), station("b"), station("c")]));
  const runner = rig.runner("ada");
  const task = rig.submit("tidy");
  const { run } = rig.take(runner);
  rig.advance(10);
  rig.report(runner, { ...HEARTBEAT, runId: run.id });
  rig.report(runner, { ...SUCCESS, runId: run.id });
  rig.work(runner, SUCCESS);
  assert.equal(rig.state.notes.size, 0);
  const usual = rig.lines(task.id);
  assert.deepEqual(usual.map((note) => note.kind), [
    ...["task_submitted", "job_queued", "run_claimed", "run_started", "job_finished"],
    ...["job_queued", "run_claimed", "job_finished", "job_queued"],
  ]);
  const last = rig.take(runner);
  rig.must((draft) =>
    tellProgress(draft, runner, { runId: last.run.id, jobId: last.job.id, stage: "s", message: "" })
  );
  assert.deepEqual(rig.state.notes.get(task.id)!.entries, rig.lines(task.id));
  assert.deepEqual(rig.lines(task.id).slice(0, usual.length), usual);
});

Deno.test("a start in the millisecond of its claim is kept when its end would hide it", () => {
  const { rig, task, runner } = setUp();
  const { run } = rig.take(runner);
  rig.report(runner, { ...HEARTBEAT, runId: run.id });
  assert.equal(rig.state.notes.size, 0);
  rig.report(runner, { ...SUCCESS, runId: run.id });
  assert.equal(rig.state.notes.size, 1);
  assert.deepEqual(rig.timeline(task.id).slice(2), [
    "run_claimed",
    "run_started",
    "job_finished",
    "task_completed",
  ]);
});

Deno.test("a runner that tells of stage after stage fills its task's log, not the queue's memory", () => {
  const { rig, task, told, runner } = setUp();
  const { run, job } = rig.take(runner);
  const stages = Array.from({ length: TASK_NOTES_KEPT_MAX + 10 }, (_, n) => `step ${n}`);
  for (const stage of stages) {
    rig.must((draft) => tellProgress(draft, runner, { runId: run.id, jobId: job.id, stage, message: "" }));
    assert.ok(rig.state.notes.get(task.id)!.entries.length <= TASK_NOTES_KEPT_MAX);
  }
  assert.equal(told().length, rig.lines(task.id).length);
  assert.equal(told().filter((kind) => kind === "run_progress").length, stages.length);
});

Deno.test("a reader gets what was kept, in order and once, and what comes then at once", () => {
  const { rig, task, told, runner } = setUp();
  const { run } = rig.take(runner);
  openLog(rig, task.id);
  assert.deepEqual(told(), ["task_submitted", "job_queued", "run_claimed"]);
  assert.deepEqual(rig.state.notes.get(task.id), { id: task.id, hasLog: true, entries: [] });
  openLog(rig, task.id);
  assert.deepEqual(rig.last.changes, [], "a second reader changes nothing");
  rig.report(runner, { ...SUCCESS, runId: run.id });
  assert.deepEqual(told().slice(3), ["job_finished", "task_completed"]);
});

Deno.test("the first output opens the log, before what the same decision notes", () => {
  const { rig, task, told, runner } = setUp();
  const { run, job } = rig.take(runner);
  rig.must((draft) => admitLog(draft, runner, { runId: run.id, jobId: job.id, leaseEpoch: null }));
  assert.deepEqual(told(), ["task_submitted", "job_queued", "run_claimed", "run_started"]);
  assert.deepEqual(rig.timeline(task.id), told());
});

Deno.test("a log that is opened after the end is told the end too, and the task's row stays as it was (T1)", () => {
  const { rig, task, runner } = setUp();
  rig.work(runner, SUCCESS);
  const ended = rig.task(task.id);
  openLog(rig, task.id);
  assert.equal(rig.task(task.id), ended);
  const ends = rig.events.flatMap((e) => e.destination === "task_log" ? [e.ends] : []);
  assert.deepEqual(ends, [null, null, null, null, "completed"]);
});
