/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { StationId } from "../../protocol/ids.ts";
import { lineInput } from "../../protocol/line/line.ts";
import type { Outcome } from "../../protocol/line/task.ts";
import { lineOf, manual, station } from "../../test/fake/queue_rig.ts";
import { hasRules, nextStation, unreachableStations } from "./transition.ts";

const REVIEW = { id: "review", name: "Review" };

function next(
  rules: object[],
  from: string,
  outcome: Outcome,
  gates: object[] = [],
  reason: string | null = null,
) {
  const line = lineInput.parse(lineOf([station("a"), station("b"), station("c")], rules, gates));
  const place = nextStation(line, from as StationId, outcome, reason);
  switch (place.kind) {
    case "advance":
      return place.passedGate === null
        ? `to ${place.toStationId}`
        : `to ${place.toStationId} past ${place.passedGate.id}`;
    case "gate":
      return `gate ${place.gate.id} then ${place.toStationId}`;
    case "fail":
      return `fail: ${place.reason}`;
    case "complete":
      return "complete";
  }
}
const rule = (from: string, condition: string, to: string, gate?: string) => ({ from, to, condition, gate });

Deno.test("without a rule success goes to the next station, and completes after the last (Line 7 item 3)", () => {
  assert.equal(next([], "a", "success"), "to b");
  assert.equal(next([], "b", "success"), "to c");
  assert.equal(next([], "c", "success"), "complete");
});

Deno.test("without a rule failure and cancellation fail the task, with their reason (Line 7 item 3, A9)", () => {
  assert.equal(next([], "a", "failure"), "fail: failure");
  assert.equal(next([], "a", "failure", [], "tests are red"), "fail: tests are red");
  assert.equal(next([], "a", "cancelled"), "fail: cancelled");
  assert.equal(next([], "a", "cancelled", [], "lost_runner"), "fail: lost_runner");
});

Deno.test("a rule sends the task forward, back, or round again (Line 7 item 5)", () => {
  assert.equal(next([rule("a", "success", "c")], "a", "success"), "to c");
  assert.equal(next([rule("c", "failure", "a")], "c", "failure"), "to a");
  assert.equal(next([rule("b", "failure", "b")], "b", "failure"), "to b");
  assert.equal(next([rule("c", "success", "b")], "c", "success"), "to b");
});

Deno.test("'any' covers every outcome, and 'cancelled' only itself", () => {
  for (const outcome of ["success", "failure", "cancelled"] as const) {
    assert.equal(next([rule("a", "any", "c")], "a", outcome), "to c");
  }
  const rules = [rule("a", "cancelled", "c")];
  assert.equal(next(rules, "a", "cancelled"), "to c");
  assert.equal(next(rules, "a", "failure"), "fail: failure");
  assert.equal(next(rules, "a", "success"), "to b");
});

Deno.test("the first matching rule in array order wins (A7)", () => {
  const exact = rule("a", "failure", "b");
  const any = rule("a", "any", "c");
  assert.equal(next([exact, any], "a", "failure"), "to b");
  assert.equal(next([any, exact], "a", "failure"), "to c");
});

Deno.test("rules of a station leave its other outcomes, and other stations, to the defaults (Line 7 item 3)", () => {
  const rules = [rule("a", "success", "c")];
  assert.equal(next(rules, "a", "failure"), "fail: failure");
  assert.equal(next(rules, "b", "success"), "to c");
});

Deno.test("a rule with a gate stops the task there, on failure rules too (Line 7 items 4 and 7)", () => {
  assert.equal(next([rule("a", "success", "c", "review")], "a", "success", [REVIEW]), "gate review then c");
  assert.equal(next([rule("a", "failure", "a", "review")], "a", "failure", [REVIEW]), "gate review then a");
});

Deno.test("a gate that needs no approval, or is switched off, is only passed (A11, Line 2.3)", () => {
  const rules = [rule("a", "success", "c", "review")];
  assert.equal(next(rules, "a", "success", [{ ...REVIEW, requiresApproval: false }]), "to c past review");
  assert.equal(next(rules, "a", "success", [{ ...REVIEW, enabled: false }]), "to c past review");
  assert.equal(
    next(rules, "a", "success", [{ ...REVIEW, enabled: false, tool: { kind: "cli", command: "true" } }]),
    "to c past review",
  );
  assert.equal(next(rules, "a", "success", [{ ...REVIEW, enabled: true }]), "gate review then c");
});

Deno.test("stations that nothing leads to are named, and those behind rules and gates are not", () => {
  const line = lineInput.parse(lineOf(
    [station("a"), station("b"), station("c"), manual("stopped"), station("lost")],
    [
      rule("a", "success", "c", "review"),
      rule("a", "failure", "stopped"),
      rule("c", "success", "a"),
      rule("stopped", "any", "a"),
    ],
    [REVIEW],
  ));
  assert.deepEqual(unreachableStations(line), ["b", "lost"]);
  assert.equal(hasRules(line, "stopped" as StationId), true);
  assert.equal(hasRules(line, "b" as StationId), false);
});
