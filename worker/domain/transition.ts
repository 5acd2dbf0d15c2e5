/**
 * Where a task goes when a job ends (Line 7). Total: every (line, station, outcome) has exactly one answer.
 *
 * The first rule in array order whose condition is the outcome or `any` wins (A7). Without one: success goes to
 * the next station in order or completes; failure fails; cancelled fails (A9).
 */
import type { Gate, LineInput } from "../../protocol/line/line.ts";
import type { StationId } from "../../protocol/ids.ts";
import type { Outcome } from "../../protocol/line/task.ts";

type LineDefinition = Pick<LineInput, "stations" | "transitionRules" | "gates">;

export type NextPlace =
  | { readonly kind: "advance"; readonly toStationId: StationId; readonly passedGate: Gate | null }
  | { readonly kind: "gate"; readonly gate: Gate; readonly toStationId: StationId }
  | { readonly kind: "complete" }
  | { readonly kind: "fail"; readonly reason: string };

/** Decides the next place of a task. */
export function nextStation(
  line: LineDefinition,
  fromStationId: StationId,
  outcome: Outcome,
  reason: string | null,
): NextPlace {
  const rule = line.transitionRules.find((r) =>
    r.fromStationId === fromStationId && (r.condition === outcome || r.condition === "any")
  );
  if (rule !== undefined) {
    const gate = line.gates.find((g) => g.id === rule.gateId);
    if (gate !== undefined && stopsTasks(gate)) return { kind: "gate", gate, toStationId: rule.toStationId };
    return { kind: "advance", toStationId: rule.toStationId, passedGate: gate ?? null };
  }
  if (outcome !== "success") return { kind: "fail", reason: reason ?? outcome };
  const index = line.stations.findIndex((s) => s.id === fromStationId);
  const next = line.stations[index + 1];
  return next === undefined
    ? { kind: "complete" }
    : { kind: "advance", toStationId: next.id, passedGate: null };
}

/** A gate that needs no approval, or is switched off, lets the task through and is only noted (A11, Line 2.3). */
function stopsTasks(gate: Gate): boolean {
  return gate.requiresApproval && gate.enabled !== false;
}

/** Does any rule start here? A `none` station without one ends the task (Line 7 item 6). */
export function hasRules(line: LineDefinition, stationId: StationId): boolean {
  return line.transitionRules.some((r) => r.fromStationId === stationId);
}

/** Stations that nothing leads to: worth a warning when the line is put. */
export function unreachableStations(line: LineDefinition): StationId[] {
  const first = line.stations[0];
  if (first === undefined) return [];
  const reached = new Set<string>([first.id]);
  const open = [first.id];
  while (open.length > 0) {
    const from = open.pop()!;
    for (const outcome of ["success", "failure", "cancelled"] as const) {
      const next = nextStation(line, from, outcome, null);
      if ((next.kind === "advance" || next.kind === "gate") && !reached.has(next.toStationId)) {
        reached.add(next.toStationId);
        open.push(next.toStationId);
      }
    }
  }
  return line.stations.map((s) => s.id).filter((id) => !reached.has(id));
}
