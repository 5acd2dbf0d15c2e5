/** How many places there are, who takes them, and who goes first. */
import assert from "node:assert/strict";
import { settled } from "../../test/fake/manual_clock.ts";
import type { ConductOutcome } from "./conductor.ts";
import type { JournalledRun } from "./journal.ts";
import { createSlots, type RunPlace } from "./slots.ts";

const NEVER = new AbortController().signal;

function runOf(runId: string): JournalledRun {
  return {
    runId,
    job: {} as JournalledRun["job"],
    phase: { kind: "claimed" },
    log: {} as JournalledRun["log"],
  };
}

/** Runs whose ends and waits the test decides. */
function manual(max: number) {
  const ends = new Map<string, (outcome: ConductOutcome) => void>();
  const places = new Map<string, RunPlace>();
  const slots = createSlots(max, (run, _isFresh, place) => {
    places.set(run.runId, place);
    return new Promise((resolve) => ends.set(run.runId, resolve));
  });
  return {
    slots,
    end: (id: string, how: ConductOutcome = "done") => ends.get(id)!(how),
    place: (id: string) => places.get(id)!,
  };
}

/** What a promise has come to by now; undefined: nothing. */
async function now<T>(promise: Promise<T>): Promise<T | undefined> {
  let value: T | undefined;
  void promise.then((one) => value = one);
  await settled();
  return value;
}

Deno.test("there is room again when a run has ended", async () => {
  const { slots, end } = manual(1);
  slots.begin(runOf("a"), true);
  const held = slots.hold(NEVER);
  assert.equal(await now(held), undefined);
  end("a");
  assert.ok(await now(held));
});

Deno.test("a place that is held is taken, until it is let go", async () => {
  const { slots } = manual(1);
  const first = await slots.hold(NEVER);
  const second = slots.hold(NEVER);
  assert.equal(await now(second), undefined);
  first?.release();
  assert.ok(await now(second));
  const over = new AbortController();
  const third = slots.hold(over.signal);
  over.abort();
  assert.equal(await now(third), null);
});

Deno.test("a run that waits for people takes no place, and goes on when there is one again", async () => {
  const { slots, place, end } = manual(1);
  slots.begin(runOf("a"), true);
  place("a").leave();
  const held = await slots.hold(NEVER);
  slots.begin(runOf("b"), true);
  held?.release();
  const back = place("a").enter(NEVER);
  assert.equal(await now(back), undefined, "there would be two in one place");
  end("b");
  assert.equal(await now(back), true);
  assert.equal(await now(slots.hold(AbortSignal.any([NEVER]))), undefined);
  end("a", "left");
  assert.equal(await slots.end(), true);
});

Deno.test("who looks for work lets its place go for a run that goes on, which comes before new work", async () => {
  const { slots, place } = manual(1);
  slots.begin(runOf("a"), true);
  place("a").leave();
  const held = await slots.hold(NEVER);
  const back = place("a").enter(NEVER);
  await settled();
  assert.ok(held?.wanted.aborted);
  held.release();
  const next = slots.hold(NEVER);
  assert.equal(await now(back), true);
  assert.equal(await now(next), undefined);
});

Deno.test("what was found in a held place is run, and the run that goes on waits for its end", async () => {
  const { slots, place, end } = manual(1);
  slots.begin(runOf("a"), true);
  place("a").leave();
  const held = await slots.hold(NEVER);
  const back = place("a").enter(NEVER);
  slots.begin(runOf("b"), true);
  held?.release();
  assert.equal(await now(back), undefined);
  end("b");
  assert.equal(await now(back), true);
});

Deno.test("runs that go on do so in the order of their coming; one that ends meanwhile makes way", async () => {
  const { slots, place, end } = manual(2);
  for (const id of ["a", "b", "c"]) {
    slots.begin(runOf(id), true);
    place(id).leave();
  }
  slots.begin(runOf("d"), true);
  slots.begin(runOf("e"), true);
  const gone = new AbortController();
  const [a, b, c] = [place("a").enter(gone.signal), place("b").enter(NEVER), place("c").enter(NEVER)];
  gone.abort();
  assert.equal(await now(a), false);
  end("d");
  assert.deepEqual([await now(b), await now(c)], [true, undefined]);
  end("e");
  assert.equal(await now(c), true);
});

Deno.test("what a former life left is begun whatever there is room for, and new work waits for it", async () => {
  const { slots, end } = manual(1);
  slots.begin(runOf("a"), false);
  slots.begin(runOf("b"), false);
  const held = slots.hold(NEVER);
  end("a");
  assert.equal(await now(held), undefined);
  end("b");
  assert.ok(await now(held));
});
