/// <reference lib="deno.ns" />
/** Requests that wait for a person, in the queue: asked once, with their run, and the idle timer with them. */
import assert from "node:assert/strict";
import { createQueueRig, HEARTBEAT, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { approvalDigest, bodySha256Of } from "../../protocol/runner/approval.ts";
import { HELD_REQUESTS_MAX, RUN_DEADLINE_GRACE_MS } from "../limits.ts";
import { heldAsks } from "./approval_held.ts";
import { holdRequest, releaseRequest, withdrawRequest } from "./approval_hold.ts";
import type { GateResolution } from "./event.ts";
import { nextExpiryMs } from "./expiry.ts";
import { admitLog } from "./report.ts";

const IDLE_MS = 5 * 60_000 + RUN_DEADLINE_GRACE_MS;
const BEAT_MS = 20_000;

function stage(maxTimeoutMinutes = 600) {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a", { idleTimeoutMinutes: 5, maxTimeoutMinutes })]));
  const task = rig.submit("tidy");
  const runnerId = rig.runner("r1");
  const { job, run } = rig.take(runnerId);
  const bodySha256 = bodySha256Of(null);
  const request = {
    jobId: job.id as string,
    method: "POST",
    url: "https://example.org/pay",
    bodySha256,
    bodyPreview: null,
    digest: approvalDigest({ method: "POST", url: "https://example.org/pay", bodySha256 }),
    labels: [],
    timeoutMs: null,
  };
  const hold = () => rig.must((draft) => holdRequest(draft, runnerId, request));
  const resolution = (askId: string, action: GateResolution["action"] = "approve") =>
    ({
      askId,
      taskId: task.id,
      action,
      reason: "fine",
      decidedBy: "user:ada",
      decidedAtMs: rig.nowMs(),
    }) as GateResolution;
  return {
    rig,
    task,
    run,
    runnerId,
    request,
    hold,
    resolution,
    jobId: job.id,
    gateEvents: () =>
      rig.events.flatMap((event) => event.destination === "gate" ? [[event.action, event.askId]] : []),
    live: (ms: number) => {
      for (let spentMs = 0; spentMs < ms; spentMs += BEAT_MS) {
        rig.advance(BEAT_MS);
        rig.expire();
        rig.report(runnerId, HEARTBEAT);
      }
    },
    print: () =>
      rig.must((draft) => admitLog(draft, runnerId, { runId: run.id, jobId: job.id, leaseEpoch: null })),
    end: () => {
      const { state } = rig.job(job.id);
      return state.kind === "finished" ? state.reason : state.kind;
    },
  };
}

Deno.test("a held request is an ask that carries what was asked and nothing secret, and is in the task's timeline", () => {
  const { hold, gateEvents, rig, task, jobId } = stage();
  const held = hold();
  assert.deepEqual(gateEvents(), [["hold", held.askId]]);
  assert.deepEqual([held.jobId, held.runnerName, held.taskTitle.length > 0], [jobId, "r1", true]);
  assert.deepEqual(heldAsks(rig.job(jobId)), [held.askId]);
  assert.equal(rig.timeline(task.id).at(-1), "approval_asked");
});

Deno.test("while a request is held the agent's silence is not judged, and from its end on it counts anew", () => {
  const { hold, print, live, rig, resolution, end, jobId } = stage();
  print();
  const held = hold();
  live(3 * IDLE_MS);
  assert.equal(end(), "in_progress");
  const waiting = rig.must((draft) => ({
    ok: true as const,
    value: releaseRequest(draft, resolution(held.askId)),
  }));
  assert.equal(waiting?.jobId, jobId);
  live(IDLE_MS - 2 * BEAT_MS);
  assert.equal(end(), "in_progress");
  live(3 * BEAT_MS);
  assert.equal(end(), "idle_timeout");
});

Deno.test("an ask that nobody answered is no answer in the timeline", () => {
  const { hold, rig, resolution, task } = stage();
  const held = hold();
  rig.must((draft) => ({
    ok: true,
    value: releaseRequest(draft, {
      ...resolution(held.askId, "reject"),
      isUnanswered: true,
      decidedBy: "system",
    }),
  }));
  assert.equal(rig.lines(task.id).at(-1)?.detail, "not decided (system): fine");
});

Deno.test("the wall clock runs on while a request is held", () => {
  const { hold, print, live, end } = stage(60);
  print();
  hold();
  live(60 * 60_000 + RUN_DEADLINE_GRACE_MS + BEAT_MS);
  assert.equal(end(), "max_timeout");
});

Deno.test("of two held requests the last one to end lets the silence count", () => {
  const { hold, print, rig, resolution, jobId } = stage();
  print();
  const [first, second] = [hold(), hold()];
  const leaseEndMs = nextExpiryMs(rig.state)!;
  rig.must((draft) => ({ ok: true, value: releaseRequest(draft, resolution(first.askId)) }));
  assert.deepEqual(heldAsks(rig.job(jobId)), [second.askId]);
  assert.equal(nextExpiryMs(rig.state), leaseEndMs);
});

Deno.test("the end of the run withdraws what it held: by report, by cancel, and when it is lost", () => {
  for (const how of ["report", "cancel", "lost"]) {
    const { hold, rig, runnerId, gateEvents, task, run, resolution } = stage();
    const held = hold();
    if (how === "report") rig.report(runnerId, { ...SUCCESS, runId: run.id });
    else if (how === "cancel") rig.cancel(task.id, "enough");
    else {
      rig.advance(24 * 60 * 60_000);
      rig.expire();
    }
    assert.deepEqual(gateEvents(), [["hold", held.askId], ["cancel", held.askId]], how);
    const late = rig.must((draft) => ({
      ok: true as const,
      value: releaseRequest(draft, resolution(held.askId)),
    }));
    assert.equal(late, null, how);
  }
});

Deno.test("a runner takes its request back; one that is over, or somebody else's, it cannot", () => {
  const { hold, rig, runnerId, jobId, gateEvents } = stage();
  const held = hold();
  const withdraw = (by: typeof runnerId) =>
    rig.must((draft) => ({
      ok: true as const,
      value: withdrawRequest(draft, by, { askId: held.askId, jobId, reason: "gone" }),
    }));
  assert.equal(withdraw(rig.runner("r2")), null);
  assert.equal(withdraw(runnerId)?.askId, held.askId);
  assert.equal(withdraw(runnerId), null);
  assert.deepEqual(gateEvents(), [["hold", held.askId], ["cancel", held.askId]]);
});

Deno.test("only the runner that has the run asks, while the run is alive, and not too often at once", () => {
  const { hold, rig, runnerId, run, request } = stage();
  const other = rig.run((draft) => holdRequest(draft, rig.runner("r2"), request));
  assert.ok(!other.ok && other.error.reason === "no_active_job");
  for (let n = 0; n < HELD_REQUESTS_MAX; n++) hold();
  const many = rig.run((draft) => holdRequest(draft, runnerId, request));
  assert.ok(!many.ok && many.error.reason === "too_many_held");
  rig.report(runnerId, { ...SUCCESS, runId: run.id });
  const late = rig.run((draft) => holdRequest(draft, runnerId, request));
  assert.ok(!late.ok && late.error.reason === "run_finished");
});
