/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import type { WorklistInput, WorklistItem } from "../people_api.ts";
import { compareKeys, cursorText, keyOf, listed, NEVER_MS, readCursor } from "./worklist.ts";

const base: WorklistItem = {
  askId: "a1",
  owner: "acme",
  project: "shop",
  askType: "approve",
  title: "Release",
  state: "open",
  outcome: null,
  subject: null,
  origin: { kind: "line_gate", lineId: "tidy" },
  candidates: { users: [], groups: [] },
  assignedTo: null,
  claimedBy: null,
  ackedBy: null,
  ownerPrincipal: null,
  delegatedTo: null,
  snoozedUntilMs: null,
  nextDeadlineMs: null,
  expiresAtMs: null,
  isExhausted: false,
  openedAtMs: 0,
  seq: 1,
};
const ada: WorklistInput = { principal: "user:ada", groups: ["owners"] };
const see = (item: Partial<WorklistItem>, input: Partial<WorklistInput> = {}, nowMs = 100) =>
  listed({ ...base, ...item }, { ...ada, ...input }, nowMs);

Deno.test("the list is ordered by deadline, those without one last, then by age; a cursor keeps its place", () => {
  const item = fc.record({
    nextDeadlineMs: fc.option(fc.nat(3)),
    openedAtMs: fc.nat(3),
    askId: fc.constantFrom("a", "b", "c"),
  });
  fc.assert(fc.property(fc.array(item), (items) => {
    const sorted = items.toSorted((a, b) => compareKeys(keyOf(a), keyOf(b)));
    for (const [i, next] of sorted.slice(1).entries()) {
      const before = sorted[i]!;
      if (before.nextDeadlineMs === null) assert.equal(next.nextDeadlineMs, null);
      else if (next.nextDeadlineMs !== null) assert.ok(before.nextDeadlineMs <= next.nextDeadlineMs);
      if (before.nextDeadlineMs === next.nextDeadlineMs) assert.ok(before.openedAtMs <= next.openedAtMs);
    }
    for (const one of items) assert.deepEqual(readCursor(cursorText(keyOf(one))), keyOf(one));
  }));
  assert.equal(keyOf(base).dueMs, NEVER_MS);
  for (const text of ["", "1.2", "1.2.", "a.b.c", "1.2.a b", "-1.2.a"]) assert.equal(readCursor(text), null);
});

Deno.test("offered: to me, to a group of mine, or to everybody who may decide; never what somebody has claimed", () => {
  assert.deepEqual(see({}), ["offered"]);
  assert.equal(see({}, { canDecide: false }), null);
  assert.deepEqual(see({ candidates: { users: ["user:ada"], groups: [] } }, { canDecide: false }), [
    "offered",
  ]);
  assert.deepEqual(see({ candidates: { users: [], groups: ["owners"] } }), ["offered"]);
  assert.equal(see({ candidates: { users: ["user:bob"], groups: ["admins"] } }), null);
  assert.equal(see({ claimedBy: "user:bob" }), null);
  assert.equal(see({ requiredRole: "maintainer" }, { roles: ["tester"] }), null);
  assert.deepEqual(see({ requiredRole: "maintainer" }, { roles: ["maintainer"] }), ["offered"]);
  assert.deepEqual(see({ requiredRole: null }, { roles: [] }), ["offered"]);
});

Deno.test("mine: what I claimed, own, was assigned or delegated, and not what I could take", () => {
  assert.equal(see({}, { mine: true }), null);
  assert.deepEqual(see({ claimedBy: "user:ada" }, { mine: true }), ["claimed"]);
  assert.deepEqual(see({ claimedBy: "user:bob", ownerPrincipal: "user:ada" }, { mine: true }), ["owned"]);
  assert.deepEqual(see({ delegatedTo: "user:ada", claimedBy: "user:bob" }, { mine: true }), ["delegated"]);
  assert.deepEqual(see({ assignedTo: "user:ada", claimedBy: "user:bob" }, { mine: true }), ["assigned"]);
});

Deno.test("overdue is said of what I see and only of what waits", () => {
  assert.deepEqual(see({ nextDeadlineMs: 99 }, { state: "overdue" }), ["offered", "overdue"]);
  assert.equal(see({ nextDeadlineMs: 100 }, { state: "overdue" }), null);
  assert.equal(see({ nextDeadlineMs: 99, claimedBy: "user:bob" }, { state: "overdue" }), null);
  assert.equal(see({ nextDeadlineMs: 99, state: "verified" }, { state: "overdue" }), null);
});

Deno.test("what is over is listed under its state alone; lines and roles narrow the list", () => {
  assert.equal(see({ state: "verified" }), null);
  assert.deepEqual(see({ state: "verified" }, { state: "verified" }), ["offered"]);
  assert.equal(see({}, { state: "verified" }), null);
  assert.equal(see({}, { lineId: "other" }), null);
  assert.deepEqual(see({}, { lineId: "tidy" }), ["offered"]);
  assert.equal(see({}, { role: "maintainer" }), null);
  assert.deepEqual(see({ requiredRole: "maintainer" }, { role: "maintainer" }), ["offered"]);
  assert.deepEqual(see({ candidates: { users: [], groups: ["owners"] } }, { role: "owners" }), ["offered"]);
});

Deno.test("who looks at everybody's list sees every ask and who holds it", () => {
  const everybody = { principal: null, groups: [] };
  assert.deepEqual(
    see({ claimedBy: "user:bob", candidates: { users: ["user:bob"], groups: [] } }, everybody),
    ["claimed"],
  );
  assert.deepEqual(see({ candidates: { users: ["user:bob"], groups: [] } }, everybody), ["offered"]);
});
