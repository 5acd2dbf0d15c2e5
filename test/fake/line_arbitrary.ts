/** Lines at random, small and full of corners: loops, jumps, gates of every kind, manual stations, labels and needs. */
import fc from "fast-check";
import type { Outcome } from "../../protocol/line/task.ts";

export type Condition = Outcome | "any";
export const CONDITIONS: readonly Condition[] = ["success", "failure", "cancelled", "any"];
export const LABELS = ["linux", "gpu"] as const;
export const NEEDS = ["push"] as const;

/** Three gates stand in every line: one stops tasks, one needs no approval, one is switched off. */
export const GATES = [
  { id: "ask", name: "Ask" },
  { id: "pass", name: "Pass", requiresApproval: false },
  { id: "off", name: "Off", enabled: false },
] as const;

export interface StationSpec {
  readonly isManual: boolean;
  readonly labels: readonly string[];
  readonly needs: readonly string[];
  readonly maxTimeoutMinutes: number;
}

/** Stations by index; at most one rule for each pair of station and condition. */
export interface LineSpec {
  readonly stations: readonly StationSpec[];
  readonly rules: readonly {
    readonly from: number;
    readonly to: number;
    readonly condition: Condition;
    readonly gate: (typeof GATES)[number]["id"] | null;
  }[];
}

/** The id of the station at an index. */
export function stationId(index: number): string {
  return `s${index}`;
}

/** A line in wire form. */
export function lineFromSpec(spec: LineSpec): object {
  return {
    name: "Random",
    stations: spec.stations.map((station, index) => ({
      id: stationId(index),
      name: `Station ${index}`,
      trigger: {
        type: station.isManual ? "none" : "dispatch_worker",
        labels: station.labels,
        needs: station.needs,
        maxTimeoutMinutes: station.maxTimeoutMinutes,
      },
    })),
    transitionRules: spec.rules.map((rule) => ({
      from: stationId(rule.from),
      to: stationId(rule.to),
      condition: rule.condition,
      ...(rule.gate === null ? {} : { gate: rule.gate }),
    })),
    gates: GATES,
  };
}

const station: fc.Arbitrary<StationSpec> = fc.record({
  isManual: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  labels: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: fc.subarray([...LABELS]) },
  ),
  needs: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray([...NEEDS]) },
  ),
  maxTimeoutMinutes: fc.constantFrom(1, 3, 60),
});

/** Arbitrary lines of one to four stations. */
export const lineSpec: fc.Arbitrary<LineSpec> = fc.array(station, { minLength: 1, maxLength: 4 }).chain(
  (stations) => {
    const place = fc.nat(stations.length - 1);
    const rule = fc.record({
      from: place,
      to: place,
      condition: fc.constantFrom(...CONDITIONS),
      gate: fc.oneof(
        { weight: 2, arbitrary: fc.constant(null) },
        { weight: 1, arbitrary: fc.constantFrom(...GATES.map((gate) => gate.id)) },
      ),
    });
    return fc.record({
      stations: fc.constant(stations),
      rules: fc.uniqueArray(rule, { maxLength: 6, selector: (r) => `${r.from} ${r.condition}` }),
    });
  },
);
