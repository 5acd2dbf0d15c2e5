/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import {
  createQueueRig,
  FAILURE,
  HEARTBEAT,
  lineOf,
  station,
  SUCCESS,
} from "../../../test/fake/queue_rig.ts";
import type { Change, QueueState } from "../../domain/queue_state.ts";
import { type Routine, routineOf, rowsOf } from "./routine.ts";
import { decodeRoutines, RoutineBlock } from "./routine_block.ts";

/** The decisions of a task that goes through two stations, the second of which fails; each is seen before it is applied. */
function eachDecision(see: (state: QueueState, changes: readonly Change[], nowMs: number) => void): void {
  const rig = createQueueRig((state, { changes }, nowMs) => {
    if (changes.length > 0) see(state, changes, nowMs);
  });
  rig.line("l", lineOf([station("make", { idleTimeoutMinutes: 5 }), station("check")]));
  const ada = rig.runner("ada");
  rig.submit("l");
  rig.advance(5);
  const { run } = rig.take(ada);
  for (const idleMs of [3, 4, undefined]) {
    rig.advance(10);
    const idle = idleMs === undefined ? {} : { idleMs };
    rig.report(ada, { ...HEARTBEAT, runId: run.id, ...idle });
  }
  rig.report(ada, { ...SUCCESS, runId: run.id });
  rig.advance(7);
  rig.work(ada, FAILURE);
}

Deno.test("claims, renewals and ends are routine, and stand for exactly their rows; nothing else is", () => {
  const kinds: string[] = [];
  eachDecision((state, changes, nowMs) => {
    const routine = routineOf(state, changes, nowMs);
    kinds.push(routine?.kind ?? "-");
    if (routine === null) return;
    assert.deepEqual(rowsOf(state, routine, nowMs), changes);
    const block = new RoutineBlock();
    assert.ok(block.add(routine, nowMs));
    assert.deepEqual([...decodeRoutines(JSON.parse(block.text()))], [{ routine, nowMs }]);
  });
  assert.deepEqual(kinds, ["-", "-", "-", "claim", "-", "renew", "renew", "end", "claim", "end"]);
});

Deno.test("a decision that differs from a routine in any field of any row is none, or another one", () => {
  let others = 0;
  eachDecision((state, changes, nowMs) => {
    if (routineOf(state, changes, nowMs) === null) return;
    for (const path of pathsOf(changes)) {
      const strange = structuredClone(changes) as Change[];
      change(strange, path);
      const routine = routineOf(state, strange, nowMs);
      if (routine !== null) assert.deepEqual(rowsOf(state, routine, nowMs), strange, path.join("."));
      else others++;
    }
    assert.equal(routineOf(state, changes.slice(1), nowMs), null);
    assert.equal(routineOf(state, [...changes, changes[0]!], nowMs), null);
  });
  assert.ok(others > 100, `${others} were refused`);
});

Deno.test("an id of another form is no part of a block", () => {
  const routine = {
    kind: "end",
    runId: "r" as never,
    outcome: "success",
    reason: null,
    report: null,
  } as const;
  const block = new RoutineBlock();
  assert.equal(block.add({ ...routine, next: { kind: "completed" } } satisfies Routine, 1), false);
  assert.equal(block.size, 0);
});

/** Every place in a value where something stands that is no object. */
function pathsOf(value: unknown): string[][] {
  if (typeof value !== "object" || value === null) return [[]];
  return Object.entries(value).flatMap(([key, part]) => pathsOf(part).map((path) => [key, ...path]));
}

function change(value: unknown, [key, ...rest]: string[]): void {
  const fields = value as Record<string, unknown>;
  if (rest.length > 0) return change(fields[key!], rest);
  const was = fields[key!];
  fields[key!] = typeof was === "number" ? was + 1 : was === null ? "not null" : `${was}~`;
}
