/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { applyChange, emptyQueueState } from "../../domain/apply_changes.ts";
import type { RowChange } from "../../domain/queue_state.ts";
import { decodeChange, encodeChange, encodeRow } from "./row_codec.ts";
import { cutText, joinTexts } from "./row_text.ts";

const json = (value: unknown) => JSON.parse(JSON.stringify(value));
const value = fc.jsonValue({ maxDepth: 2 });

/** A run as it was and as it is, with fields that no version knows yet, some of them gone. */
const rows = fc.record({
  runnerName: fc.string(),
  leaseEpoch: fc.nat(),
  startedAtMs: fc.option(fc.nat()),
  state: value,
  later: fc.dictionary(fc.constantFrom("x", "y", "z"), value),
}).map(({ later, ...row }) => ({ id: "r", jobId: "j", taskId: "t", ...row, ...later }) as never);

Deno.test("a whole row comes back as it was, with fields that are no columns", () => {
  fc.assert(fc.property(rows, (row) => {
    const state = emptyQueueState("o", "p");
    const back = decodeChange(state, json(encodeRow({ kind: "run", row })));
    assert.deepEqual(json((back as RowChange).row), json({ ...NO_RUN, ...row as object }));
  }));
});

/** A run of which nothing is said: columns that are not there come back as null. */
const NO_RUN = { stationId: null, runnerId: null, claimedAtMs: null };

Deno.test("what changed of a row makes the new row of the old one, also fields that came or went", () => {
  fc.assert(fc.property(rows, rows, (before, after) => {
    const state = emptyQueueState("o", "p");
    applyChange(state, { kind: "run", row: before });
    const encoded = encodeChange(state, { kind: "run", row: after });
    assert.deepEqual((decodeChange(state, json(encoded)) as RowChange).row, json(after));
  }));
});

Deno.test("of a row that is known only what is new is written: a list's new end, a heartbeat's lease", () => {
  const state = emptyQueueState("o", "p");
  const task = {
    id: "t",
    lineId: "l",
    title: "long",
    jobIds: ["a", "b"],
    state: { kind: "waiting" },
  } as never;
  applyChange(state, { kind: "task", row: task });
  const after = { ...task as object, jobIds: ["a", "b", "c"] } as never;
  assert.deepEqual(encodeChange(state, { kind: "task", row: after }), ["T", "t", ["+9", ["c"]]]);
  const entries = [{ kind: "one", atMs: 1, detail: "d" }] as never[];
  applyChange(state, { kind: "notes", row: { id: "t" as never, hasLog: false, entries } });
  const two = {
    kind: "two",
    atMs: 2,
    stationId: "s",
    jobId: null,
    runId: null,
    runnerName: null,
    detail: "d",
    ends: null,
  };
  const notes = { id: "t" as never, hasLog: false, entries: [...entries, two as never] };
  const encoded = encodeChange(state, { kind: "notes", row: notes });
  assert.deepEqual(encoded, ["N", "t", ["+2", [["two", 2, "s", null, null, null, "d", null]]]]);
  assert.deepEqual((decodeChange(state, encoded) as RowChange).row, notes);
});

Deno.test("changes as they were written before are read", () => {
  const state = emptyQueueState("o", "p");
  const task = {
    id: "t",
    lineId: "l",
    title: "long",
    jobIds: ["a"],
    state: { kind: "waiting" },
    x: 1,
  } as never;
  applyChange(state, { kind: "task", row: task });
  const back = decodeChange(state, ["T", "t", { "3": "new", "+9": ["b"], y: 2 }, ["x"]]) as RowChange;
  assert.deepEqual(back.row, {
    id: "t",
    lineId: "l",
    title: "new",
    jobIds: ["a", "b"],
    state: { kind: "waiting" },
    y: 2,
  });
});

Deno.test("deletions come back, and what is unknown is refused", () => {
  const state = emptyQueueState("o", "p");
  for (
    const change of [
      { kind: "delete_token", hash: "h" },
      { kind: "delete_runner", id: "r" },
      { kind: "forget", id: "k" },
    ] as never[]
  ) {
    assert.deepEqual(decodeChange(state, encodeChange(state, change)), change);
  }
  assert.throws(() => decodeChange(state, ["?"]), /its kind must be known/);
  assert.throws(() => decodeChange(state, ["-?", "x"]), /its kind must be known/);
  assert.throws(() => decodeChange(state, ["T", "t", {}]), /its row must be in memory/);
});

Deno.test("texts of any length are cut into rows between characters, and put together again", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 60 }).map((s) => s.replaceAll("\n", ""));
  fc.assert(fc.property(fc.array(text, { maxLength: 6 }), fc.integer({ min: 2, max: 20 }), (texts, max) => {
    const bodies = texts.flatMap((one) => cutText(one, max));
    for (const body of bodies) {
      assert.ok(body.length <= max);
      assert.equal(new TextDecoder().decode(new TextEncoder().encode(body)), body, "no half of a character");
    }
    assert.deepEqual([...joinTexts(bodies)].map((one) => one.slice(0, -1)), texts);
  }));
  assert.throws(() => [...joinTexts(["cut off"])], /must have an end/);
});
