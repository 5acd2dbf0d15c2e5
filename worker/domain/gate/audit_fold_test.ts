/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { GATE_AUDIT_FOLDS, GATE_AUDIT_FOLDS_ALIKE_MAX } from "../../limits.ts";
import type { AuditContent } from "./audit_entry.ts";
import { addToFolding, foldedEntries, type Folding, foldWindowMs } from "./audit_fold.ts";

const MINUTE_MS = 60_000;
const entryOf = (by: string, atMs: number, detail: AuditContent["detail"] = {}): AuditContent => ({
  ...{ seq: 3, type: "gate.viewed", at: new Date(atMs).toISOString(), gate: "g", by, detail },
});
const add = (folding: Folding | null, entry: AuditContent, nowMs: number) =>
  addToFolding(folding, entry, { nowMs, windowMs: MINUTE_MS });
const countOf = ({ detail }: AuditContent) => detail?.["count"] as number | undefined ?? 1;

Deno.test("a chain begins with a link for each event, and the time that shares one only grows", () => {
  assert.equal(foldWindowMs(0), 0);
  assert.equal(foldWindowMs(GATE_AUDIT_FOLDS[0]!.links - 1), 0);
  for (const [n, { links, windowMs }] of GATE_AUDIT_FOLDS.entries()) {
    assert.equal(foldWindowMs(links), windowMs);
    assert.ok(n === 0 || windowMs > GATE_AUDIT_FOLDS[n - 1]!.windowMs);
  }
});

Deno.test("alike events are one link with their count and the first and last time", () => {
  const one = add(null, entryOf("user:ada", 0), 0);
  assert.deepEqual(foldedEntries(one!), [entryOf("user:ada", 0)], "one alone is what it was");
  const two = add(add(one, entryOf("user:bob", 1_000), 1_000), entryOf("user:ada", 2_000), 2_000);
  assert.deepEqual(foldedEntries(two!), [
    entryOf("user:ada", 0, { count: 2, last_at: "1970-01-01T00:00:02.000Z" }),
    entryOf("user:bob", 1_000),
  ]);
});

Deno.test("what was refused for another reason, or by another link, is not alike", () => {
  const folding = [
    entryOf("user:ada", 0, { refused: "stale_seq" }),
    entryOf("user:ada", 0, { refused: "not_candidate" }),
    { ...entryOf("user:ada", 0, { refused: "stale_seq" }), grant: "aa" },
  ].reduce<Folding | null>((before, entry) => add(before, entry, 0), null);
  assert.equal(foldedEntries(folding!).length, 3);
});

Deno.test("what alike events have not in common is not said of them, and makes no links of its own", () => {
  const at = (holder: string) => entryOf("user:ada", 0, { refused: "not_candidate", holder });
  const folding = add(add(null, at("user:x"), 0), at("user:y"), 0);
  assert.deepEqual(foldedEntries(folding!)[0]!.detail, {
    ...{ refused: "not_candidate", count: 2, last_at: "1970-01-01T00:00:00.000Z" },
  });
});

Deno.test("when its time is over, or too many are different, what was counted is linked first", () => {
  const full = Array.from({ length: GATE_AUDIT_FOLDS_ALIKE_MAX }, (_, n) => entryOf(`user:${n}`, 0))
    .reduce<Folding | null>((before, entry) => add(before, entry, 0), null);
  assert.equal(add(full, entryOf("user:new", 1), 1), null);
  assert.notEqual(add(full, entryOf("user:0", 1), 1), null);
  assert.equal(add(full, entryOf("user:0", MINUTE_MS), MINUTE_MS), null);
});

Deno.test("all that happened is in the links, and no more links than people times windows", () => {
  const event = fc.record({ by: fc.nat(3).map((n) => `user:${n}`), afterMs: fc.nat(20_000) });
  fc.assert(fc.property(fc.array(event, { maxLength: 300 }), (events) => {
    const links: AuditContent[] = [];
    let folding: Folding | null = null;
    let nowMs = 0;
    for (const { by, afterMs } of events) {
      nowMs += afterMs;
      const entry = entryOf(by, nowMs);
      const more = add(folding, entry, nowMs);
      if (more === null) links.push(...foldedEntries(folding!));
      folding = more ?? add(null, entry, nowMs);
    }
    links.push(...foldedEntries(folding ?? { untilMs: 0, folds: [] }));
    for (const name of new Set(events.map(({ by }) => by))) {
      const counted = links.filter(({ by }) => by === name).reduce((sum, link) => sum + countOf(link), 0);
      assert.equal(counted, events.filter(({ by }) => by === name).length);
    }
    assert.ok(links.length <= 4 * (Math.floor(nowMs / MINUTE_MS) + 1));
  }));
});
