/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { GateEvent } from "../domain/people_api.ts";
import { createEventIntake } from "./people_intake.ts";

const event = (eventId: string) => ({ eventId }) as GateEvent;

function rig(refused: string | null = null) {
  const written: string[][] = [];
  const turns: (() => void)[] = [];
  let settled = 0;
  const take = createEventIntake({
    write: (events) => {
      const ids = events.map(({ eventId }) => eventId);
      if (refused !== null && ids.includes(refused)) throw new Error("refused for the test");
      written.push(ids);
    },
    onWritten: () => void settled++,
    atEndOfTurn: (callback) => void turns.push(callback),
  });
  return { take, written, endTurn: () => turns.shift()!(), settledCount: () => settled };
}

Deno.test("what comes in one turn is one transaction, and is answered after it", async () => {
  const { take, written, endTurn, settledCount } = rig();
  const answered: string[] = [];
  const calls = [take([event("a1"), event("a2")]), take([event("b1")])];
  for (const call of calls) void call.then(() => answered.push("one"));
  await Promise.resolve();
  assert.deepEqual([written, answered], [[], []]);
  endTurn();
  await Promise.all(calls);
  assert.deepEqual(written, [["a1", "a2", "b1"]]);
  assert.equal(settledCount(), 1);
  const late = take([event("c1")]);
  endTurn();
  await late;
  assert.deepEqual(written[1], ["c1"]);
});

Deno.test("a call that cannot be written fails alone", async () => {
  const { take, written, endTurn } = rig("b1");
  const results = Promise.allSettled([take([event("a1")]), take([event("b1")]), take([event("c1")])]);
  endTurn();
  assert.deepEqual((await results).map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual(written, [["a1"], ["c1"]]);
});
