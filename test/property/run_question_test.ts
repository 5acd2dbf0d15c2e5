/// <reference lib="deno.ns" />
/**
 * Questions of a run under any order of askings, answers, ends, alarms and repeats: one ask per id, one end each, and only a
 * person's answer in its time is an answer (G1).
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createQueueRig, HEARTBEAT, lineOf, station, SUCCESS } from "../fake/queue_rig.ts";
import { questionInput } from "../../protocol/agent/question.ts";
import { ok } from "../../protocol/result.ts";
import { RUN_QUESTIONS_OPEN_MAX } from "../../worker/limits.ts";
import type { GateResolution } from "../../worker/domain/event.ts";
import { nextExpiryMs } from "../../worker/domain/expiry.ts";
import {
  askQuestion,
  endQuestion,
  type QuestionEnd,
  type QuestionRow,
  questionStanding,
  withdrawQuestion,
} from "../../worker/domain/run_question.ts";
import { openQuestions } from "../../worker/domain/run_question_open.ts";

const SETTINGS = { seed: Number(Deno.env.get("FC_SEED") ?? 20_261_122), numRuns: 400 };
const NOBODY = { isUnanswered: true, decidedBy: "system" } as const;

type Step =
  | { readonly kind: "ask"; readonly id: number; readonly expiresInMs: number | null }
  | { readonly kind: "answer" | "reject" | "cancel" | "policy time" | "own time"; readonly id: number }
  | { readonly kind: "withdraw"; readonly id: number }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "alarm" | "beat" | "run ends" | "task is cancelled" };

const id = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      kind: fc.constant("ask"),
      id,
      expiresInMs: fc.option(fc.integer({ min: 1, max: 9_000 })),
    }),
  },
  {
    weight: 25,
    arbitrary: fc.record({
      kind: fc.constantFrom("answer", "reject", "cancel", "policy time", "own time"),
      id,
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("withdraw"), id }) },
  { weight: 10, arbitrary: fc.record({ kind: fc.constant("pass"), ms: fc.integer({ min: 0, max: 8_000 }) }) },
  { weight: 15, arbitrary: fc.constantFrom<Step>({ kind: "alarm" }, { kind: "beat" }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ kind: "run ends" }, { kind: "task is cancelled" }) },
) as fc.Arbitrary<Step>;

const ENDS: Readonly<Record<string, Partial<GateResolution>>> = {
  "answer": { action: "approve", text: "yes" },
  "reject": { action: "reject", reason: "no" },
  "cancel": { ...NOBODY, action: "block", decidedBy: "user:ops" },
  "policy time": { ...NOBODY, action: "reject" },
  "own time": { ...NOBODY, action: "block", isOwnTime: true },
};

Deno.test("whatever happens in whatever order, a question has one ask and one end, and no answer but a person's", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), play), SETTINGS);
});

function play(steps: readonly Step[]): void {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a", { maxTimeoutMinutes: 600 })]));
  const task = rig.submit("tidy");
  const runnerId = rig.runner("r1");
  const { job, run } = rig.take(runnerId);
  rig.report(runnerId, HEARTBEAT);
  const rows = new Map<number, QuestionRow>();
  /** Ids that a person answered while they were open. */
  const answered = new Set<number>();
  const ends = new Map<number, QuestionEnd>();
  const now = () => ({ run: rig.state.runs.get(run.id), job: rig.job(job.id) });

  for (const one of steps) {
    const row = "id" in one ? rows.get(one.id) : undefined;
    const wasOpen = row !== undefined && questionStanding(row, now()) === null;
    switch (one.kind) {
      case "ask": {
        const wish = questionInput.parse({
          ...{ id: `q${one.id}`, kind: "pause", stepId: "s" },
          expiresInMs: one.expiresInMs,
        });
        const known = { row: row ?? null, count: rows.size };
        const made = rig.run((draft) => askQuestion(draft, runnerId, { runId: run.id, wish, known }));
        if (made.ok) rows.set(one.id, made.value.row);
        if (row !== undefined) assert.ok(made.ok && !made.value.isNew, "it is there, and stays as it is");
        break;
      }
      case "answer":
      case "reject":
      case "cancel":
      case "policy time":
      case "own time": {
        if (row === undefined) break;
        const resolution: GateResolution = {
          ...{ askId: row.askId, taskId: task.id, action: "approve", reason: "" },
          ...{ decidedBy: "user:ada", decidedAtMs: rig.nowMs() },
          ...ENDS[one.kind],
        };
        const end = rig.must((draft) => ok(endQuestion(draft, row, resolution)));
        assert.equal(end.row !== null, wasOpen, "only what is open ends");
        if (end.row !== null) rows.set(one.id, end.row);
        if (wasOpen && one.kind === "answer") answered.add(one.id);
        break;
      }
      case "withdraw": {
        if (row === undefined) break;
        rows.set(one.id, rig.must((draft) => ok(withdrawQuestion(draft, row))) ?? row);
        break;
      }
      case "pass":
        rig.advance(one.ms);
        break;
      case "alarm":
        rig.expire();
        break;
      case "beat":
        rig.report(runnerId, { ...HEARTBEAT, runId: run.id });
        break;
      case "run ends":
        rig.report(runnerId, { ...SUCCESS, runId: run.id });
        break;
      case "task is cancelled":
        rig.cancel(task.id);
    }
    check();
  }

  function check(): void {
    const open = openQuestions(rig.job(job.id));
    assert.ok(open.length <= RUN_QUESTIONS_OPEN_MAX);
    let nextMs = Infinity;
    for (const [n, row] of rows) {
      const end = questionStanding(row, now());
      const before = ends.get(n);
      if (before !== undefined) assert.deepEqual(end, before, "an end never changes");
      if (end === null) {
        assert.ok(open.some(({ askId }) => askId === row.askId));
        nextMs = Math.min(nextMs, row.expiresAtMs ?? Infinity);
        continue;
      }
      ends.set(n, end);
      assert.ok(!open.some(({ askId }) => askId === row.askId));
      assert.equal(
        end.kind === "answered",
        answered.has(n),
        "an answer is a person's, and a person's is one",
      );
      assert.equal(end.text, end.kind === "answered" ? "yes" : null);
    }
    if (nextMs < Infinity) assert.ok(nextExpiryMs(rig.state)! <= nextMs, "the alarm comes in time");
    const asks = rig.events.flatMap((event) =>
      event.destination === "gate" && event.action === "run_asks" ? [event.askId] : []
    );
    assert.deepEqual(new Set(asks).size, asks.length);
    assert.equal(asks.length, rows.size, "one ask per question");
  }
}
