/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { createQueueRig, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { LEASE_MS } from "../../protocol/limits.ts";
import { tellProgress } from "./progress.ts";
import { linkStream } from "./task_stream.ts";
import { TASK_STREAMS_MAX } from "../limits.ts";

function stage() {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a")]));
  const { id } = rig.submit("tidy");
  const runnerId = rig.runner("r1");
  const { job, run } = rig.take(runnerId);
  const tell = (stage: string, message = "", runner = runnerId) =>
    rig.run((draft) => tellProgress(draft, runner, { runId: run.id, jobId: job.id, stage, message }));
  const notes = () => rig.timeline(id).filter((kind) => kind === "run_progress").length;
  return { rig, id, runnerId, job, run, tell, notes };
}

Deno.test("progress starts the run, renews its lease, is activity, and is answered like a heartbeat", () => {
  const { rig, job, tell } = stage();
  rig.advance(LEASE_MS - 1);
  const answer = tell("provisioning_clone", "site.git");
  const leaseUntil = rig.nowMs() + LEASE_MS;
  assert.deepEqual(answer, { ok: true, value: { ok: true, cancel: false, leaseUntil, heartbeatMs: 20_000 } });
  const { state } = rig.job(job.id);
  assert.ok(state.kind === "in_progress");
  assert.deepEqual([state.leaseUntilMs, state.activeAtMs], [leaseUntil, rig.nowMs()]);
});

Deno.test("a stage is a line of the timeline when it is new, and only a sign of life when it is not", () => {
  const { rig, run, tell, notes } = stage();
  for (const stage of ["chat_llm_active", "chat_llm_active", "provisioning_done", "chat_llm_active"]) {
    tell(stage);
  }
  assert.equal(notes(), 3);
  tell("chat_llm_active", "second model");
  assert.equal(notes(), 4);
  const { progress, startedAtMs } = rig.state.runs.get(run.id)!;
  assert.deepEqual([progress?.stage, progress?.message], ["chat_llm_active", "second model"]);
  assert.notEqual(startedAtMs, null);
});

Deno.test("progress of a run that is over tells the runner to stop; of a lost one it is refused", () => {
  const { rig, id, tell, notes, runnerId } = stage();
  rig.cancel(id);
  const answer = tell("late");
  assert.ok(answer.ok && answer.value.cancel);
  assert.equal(notes(), 0);
  const lost = stage();
  lost.rig.advance(LEASE_MS);
  lost.rig.expire();
  const refused = lost.tell("late");
  assert.equal(refused.ok ? null : refused.error.reason, "stale_lease");
  const stranger = rig.runner("r2");
  assert.notEqual(stranger, runnerId);
  const other = tell("mine", "", stranger);
  assert.equal(other.ok ? null : other.error.reason, "not_your_runner");
});

Deno.test("streams are linked once each, and only the newest are kept", () => {
  const { rig, id, runnerId } = stage();
  const link = (sessionId: string, broadcastId: string | null = null) =>
    rig.run((draft) => linkStream(draft, rig.task(id), { sessionId, broadcastId }));
  for (let n = 0; n < TASK_STREAMS_MAX + 2; n++) link(`s${n}`, "b");
  link("s5", "b");
  assert.deepEqual(rig.last.changes, []);
  const ids = () => rig.task(id).streams!.map((stream) => stream.sessionId);
  assert.deepEqual([ids().length, ids()[0], ids().at(-1)], [TASK_STREAMS_MAX, "s2", "s21"]);
  link("s5", "b2");
  assert.equal(ids().at(-1), "s5");
  rig.report(runnerId, SUCCESS);
  const late = link("s99");
  assert.equal(late.ok ? null : late.error.reason, "task_ended");
});
