/** How many runs there is room for, and which of them count. */
import assert from "node:assert/strict";
import { settled } from "../../test/fake/manual_clock.ts";
import type { ConductOutcome } from "./conductor.ts";
import type { JournalledRun } from "./journal.ts";
import { createSlots } from "./slots.ts";

function runOf(runId: string): JournalledRun {
  return {
    runId,
    job: {} as JournalledRun["job"],
    phase: { kind: "claimed" },
    log: {} as JournalledRun["log"],
  };
}

/** Runs whose ends and waits the test decides. */
function manual() {
  const ends = new Map<string, (outcome: ConductOutcome) => void>();
  const parks = new Map<string, (isParked: boolean) => void>();
  const slots = createSlots((run, _isFresh, park) => {
    parks.set(run.runId, park);
    return new Promise((resolve) => ends.set(run.runId, resolve));
  });
  return { slots, end: (id: string, how: ConductOutcome = "done") => ends.get(id)!(how), park: parks };
}

/** Whether there is room for one more beside `max - 1`. */
async function hasRoom(room: Promise<void>): Promise<boolean> {
  let has = false;
  void room.then(() => has = true);
  await settled();
  return has;
}

Deno.test("there is room again when a run has ended", async () => {
  const { slots, end } = manual();
  slots.begin(runOf("a"), true);
  const room = slots.room(1, new AbortController().signal);
  assert.equal(await hasRoom(room), false);
  end("a");
  assert.equal(await hasRoom(room), true);
});

Deno.test("a run that waits for people takes no room, and takes it again when it goes on", async () => {
  const { slots, park, end } = manual();
  slots.begin(runOf("a"), true);
  const room = slots.room(1, new AbortController().signal);
  park.get("a")!(true);
  assert.equal(await hasRoom(room), true);
  park.get("a")!(false);
  const later = slots.room(1, new AbortController().signal);
  assert.equal(await hasRoom(later), false);
  end("a", "left");
  assert.equal(await hasRoom(later), true);
  assert.equal(await slots.end(), true);
});
