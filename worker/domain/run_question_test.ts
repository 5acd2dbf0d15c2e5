/// <reference lib="deno.ns" />
/** Questions of runs, in the queue: one per id, one end each, and only a person's answer is one. */
import assert from "node:assert/strict";
import { createQueueRig, HEARTBEAT, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { questionInput, type QuestionKind } from "../../protocol/agent/question.ts";
import { ok } from "../../protocol/result.ts";
import { RUN_DEADLINE_GRACE_MS, RUN_QUESTIONS_MAX, RUN_QUESTIONS_OPEN_MAX } from "../limits.ts";
import type { GateResolution } from "./event.ts";
import { nextExpiryMs } from "./expiry.ts";
import { admitLog } from "./report.ts";
import {
  askQuestion,
  endQuestion,
  type QuestionRow,
  questionStanding,
  withdrawQuestion,
} from "./run_question.ts";
import { questionAnswerOf } from "./run_question_ask.ts";

const IDLE_MS = 5 * 60_000 + RUN_DEADLINE_GRACE_MS;
const BEAT_MS = 20_000;

function stage() {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a", { idleTimeoutMinutes: 5, maxTimeoutMinutes: 600 })]));
  const task = rig.submit("tidy");
  const runnerId = rig.runner("r1");
  const { job, run } = rig.take(runnerId);
  rig.report(runnerId, HEARTBEAT);
  const rows = new Map<string, QuestionRow>();
  const ask = (id: string, change: object = {}, by = runnerId) => {
    const wish = questionInput.parse({ id, kind: "pause", stepId: "gate", message: "Go on?", ...change });
    const made = rig.run((draft) =>
      askQuestion(draft, by, { runId: run.id, wish, known: { row: rows.get(id) ?? null, count: rows.size } })
    );
    if (made.ok) rows.set(id, made.value.row);
    return made;
  };
  const must = (id: string, change: object = {}) => {
    const made = ask(id, change);
    assert.ok(made.ok, JSON.stringify(made));
    return made.value.row;
  };
  const end = (id: string, change: Partial<GateResolution> = {}) => {
    const row = rows.get(id)!;
    const resolution: GateResolution = {
      askId: row.askId,
      taskId: task.id,
      action: "approve",
      reason: "",
      decidedBy: "user:ada",
      decidedAtMs: rig.nowMs(),
      ...change,
    };
    const ended = rig.must((draft) => ok(endQuestion(draft, row, resolution)));
    if (ended.row !== null) rows.set(id, ended.row);
    return ended.tookEffect;
  };
  return {
    rig,
    task,
    run,
    runnerId,
    rows,
    ask,
    must,
    end,
    jobId: job.id,
    withdraw: (id: string) => {
      const row = rig.must((draft) => ok(withdrawQuestion(draft, rows.get(id)!)));
      if (row !== null) rows.set(id, row);
    },
    standing: (id: string) => {
      const end = questionStanding(rows.get(id)!, { run: rig.state.runs.get(run.id), job: rig.job(job.id) });
      return end === null ? "pending" : [end.kind, end.text ?? end.reason];
    },
    gateEvents: () => rig.events.flatMap((event) => event.destination === "gate" ? [event.action] : []),
    live: (ms: number) => {
      for (let spentMs = 0; spentMs < ms; spentMs += BEAT_MS) {
        rig.advance(BEAT_MS);
        rig.expire();
        rig.report(runnerId, HEARTBEAT);
      }
    },
    print: () =>
      rig.must((draft) => admitLog(draft, runnerId, { runId: run.id, jobId: job.id, leaseEpoch: null })),
    jobEnd: () => {
      const { state } = rig.job(job.id);
      return state.kind === "finished" ? state.reason : state.kind;
    },
  };
}

Deno.test("a question is one ask, and the same id again is the same question, also after its end", () => {
  const { must, ask, end, gateEvents, standing, rig, task, rows } = stage();
  const first = must("q1");
  assert.equal(must("q1").askId, first.askId);
  assert.equal(end("q1", { text: "as agreed" }), true);
  assert.equal(must("q1").askId, first.askId);
  assert.deepEqual(gateEvents(), ["run_asks"]);
  assert.deepEqual(standing("q1"), ["answered", "as agreed"]);
  assert.deepEqual(rig.timeline(task.id).slice(-2), ["question_asked", "question_ended"]);
  const other = ask("q1", { message: "Something else?" });
  assert.ok(!other.ok && other.error.reason === "question_differs");
  assert.equal(rows.size, 1);
});

Deno.test("an answer that is delivered again took effect; one to a question that is over did not", () => {
  const { must, end, withdraw, standing } = stage();
  must("q1");
  assert.equal(end("q1", { text: "yes" }), true);
  assert.equal(end("q1", { text: "yes" }), true);
  assert.deepEqual(standing("q1"), ["answered", "yes"]);
  must("q2");
  withdraw("q2");
  assert.equal(end("q2"), false);
  assert.deepEqual(standing("q2"), ["rejected", "its run does not wait for it any more"]);
});

Deno.test("what ends unanswered is rejected, but for the question's own time, which is expired", () => {
  const { must, end, standing } = stage();
  must("policy", { expiresInMs: 60_000 });
  end("policy", {
    isUnanswered: true,
    action: "cancel",
    reason: "nobody answered in time",
    decidedBy: "system",
  });
  assert.equal(standing("policy")[0], "rejected");
  must("cancelled");
  end("cancelled", { isUnanswered: true, action: "block", reason: "not now", decidedBy: "user:ops" });
  assert.deepEqual(standing("cancelled"), ["rejected", "not now"]);
  must("own", { expiresInMs: 60_000 });
  end("own", { isUnanswered: true, isOwnTime: true, action: "block", reason: "late", decidedBy: "system" });
  assert.equal(standing("own")[0], "expired");
  must("no");
  end("no", { action: "reject", reason: "the tests are red" });
  assert.deepEqual(standing("no"), ["rejected", "the tests are red"]);
});

Deno.test("the alarm ends a question at its own time, takes its ask back, and looks again at the next", () => {
  const { must, rig, standing, gateEvents, end } = stage();
  must("q1", { expiresInMs: 5_000 });
  must("q2", { expiresInMs: 9_000 });
  assert.equal(nextExpiryMs(rig.state), rig.nowMs() + 5_000);
  rig.advance(4_999);
  rig.expire();
  assert.equal(standing("q1"), "pending");
  rig.advance(1);
  rig.expire();
  assert.deepEqual(standing("q1"), ["expired", "nobody answered in time"]);
  assert.equal(standing("q2"), "pending");
  assert.deepEqual(gateEvents(), ["run_asks", "run_asks", "cancel"]);
  assert.equal(nextExpiryMs(rig.state), rig.nowMs() + 4_000);
  assert.equal(end("q1", { text: "too late" }), false);
  assert.equal(standing("q1")[0], "expired");
});

Deno.test("the run's end withdraws its questions: by report, by cancel, and when it is lost", () => {
  for (const how of ["report", "cancel", "lost"]) {
    const { must, end, rig, runnerId, run, task, standing, gateEvents, ask } = stage();
    must("q1");
    if (how === "report") rig.report(runnerId, { ...SUCCESS, runId: run.id });
    else if (how === "cancel") rig.cancel(task.id);
    else {
      rig.advance(24 * 60 * 60_000);
      rig.expire();
    }
    assert.deepEqual(gateEvents(), ["run_asks", "cancel"], how);
    assert.deepEqual(standing("q1"), ["rejected", "the run is over"], how);
    assert.equal(end("q1"), false, how);
    const late = ask("q2");
    assert.ok(!late.ok && late.error.reason === "run_finished", how);
    assert.ok(ask("q1").ok, "what was asked is found after the end");
  }
});

Deno.test("while a question is open the agent's silence is not judged, and from its end on it counts anew", () => {
  const { must, print, live, end, jobEnd, rig, jobId } = stage();
  print();
  must("q1");
  live(3 * IDLE_MS);
  assert.equal(jobEnd(), "in_progress");
  end("q1");
  assert.equal("questions" in rig.job(jobId).state, false);
  live(IDLE_MS - 2 * BEAT_MS);
  assert.equal(jobEnd(), "in_progress");
  live(3 * BEAT_MS);
  assert.equal(jobEnd(), "idle_timeout");
});

Deno.test("a lease that is not renewed ends the run, whoever is asked", () => {
  const { must, rig, jobEnd, standing } = stage();
  must("q1");
  rig.advance(60 * 60_000);
  rig.expire();
  assert.equal(jobEnd(), "queued");
  assert.deepEqual(standing("q1"), ["rejected", "the run is over"]);
});

Deno.test("only the runner that has the run asks, and neither too much at once nor without end", () => {
  const { ask, must, end, rig } = stage();
  const other = ask("q0", {}, rig.runner("r2"));
  assert.ok(!other.ok && other.error.reason === "not_your_runner");
  for (let n = 0; n < RUN_QUESTIONS_OPEN_MAX; n++) must(`q${n}`);
  const many = ask("more");
  assert.ok(!many.ok && many.error.reason === "too_many_questions" && many.error.of === "open");
  for (let n = 0; n < RUN_QUESTIONS_OPEN_MAX; n++) end(`q${n}`);
  for (let n = RUN_QUESTIONS_OPEN_MAX; n < RUN_QUESTIONS_MAX; n++) {
    must(`q${n}`);
    end(`q${n}`);
  }
  const endless = ask("more");
  assert.ok(!endless.ok && endless.error.reason === "too_many_questions" && endless.error.of === "all");
  assert.ok(ask("q0").ok, "one that is there is no other one");
});

Deno.test("texts and ids outside of their bounds are no questions", () => {
  const good = { id: "q", kind: "pause", stepId: "s" };
  assert.ok(questionInput.safeParse(good).success);
  for (
    const bad of [
      { id: "../q" },
      { id: "x".repeat(65) },
      { kind: "other" },
      { message: "x".repeat(4_001) },
      { detail: "x".repeat(32_001) },
      { expiresInMs: 0 },
      { expiresInMs: 1e300 },
      { more: 1 },
    ]
  ) assert.ok(!questionInput.safeParse({ ...good, ...bad }).success, JSON.stringify(bad).slice(0, 60));
});

Deno.test("what a person's answer means follows from the question, and no word is made of silence", () => {
  const say = (
    kind: QuestionKind,
    decision: "approve" | "reject" | null,
    out: unknown = null,
    comment = "",
  ) => questionAnswerOf(kind, { decision, out, comment });
  const no = { action: "reject", text: null };
  assert.deepEqual(say("pause", "approve", null, "go"), { action: "approve", text: "go" });
  assert.deepEqual(say("permission", "approve"), { action: "approve", text: null });
  assert.deepEqual(say("permission", null, { text: "yes" }), no);
  assert.deepEqual(say("modify", "approve", { text: "new" }), { action: "approve", text: "new" });
  assert.deepEqual(say("modify", "approve", {}, "fine"), { action: "approve", text: null });
  assert.deepEqual(say("tool_question", null, { text: "blue" }), { action: "approve", text: "blue" });
  assert.deepEqual(say("tool_question", null, { text: "" }), no);
  assert.deepEqual(say("tool_question", "approve", null, "fine"), no);
  for (const kind of ["pause", "modify", "permission", "tool_question"] as const) {
    assert.deepEqual(say(kind, "reject", { text: "x" }), no, kind);
  }
});
