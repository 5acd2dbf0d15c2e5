/// <reference lib="deno.ns" />
/** Transitions are total, and every task ends (Line 7, Q4): over random lines, whatever the outcomes are. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ATTEMPTS_MAX } from "../../protocol/limits.ts";
import { lineInput } from "../../protocol/line/line.ts";
import { type Outcome, outcome as outcomeSchema } from "../../protocol/line/task.ts";
import type { RunnerReport } from "../../protocol/line/runner.ts";
import type { StationId } from "../../protocol/ids.ts";
import { hasEnded } from "../../worker/domain/task_status.ts";
import { nextStation, unreachableStations } from "../../worker/domain/transition.ts";
import { LABELS, lineFromSpec, lineSpec, stationId } from "../fake/line_arbitrary.ts";
import { createQueueRig } from "../fake/queue_rig.ts";

const SETTINGS = { seed: Number(Deno.env.get("FC_SEED") ?? 20_260_801), numRuns: 1_000 };
const outcome = fc.constantFrom<Outcome>(...outcomeSchema.options);
const REPORT: Readonly<Record<Outcome, RunnerReport>> = {
  success: { jobResult: "success" },
  failure: { jobResult: "failed" },
  cancelled: { jobResult: "failed", reason: "timeout" },
};

Deno.test("every line, station and outcome has one answer, whose target and gate stand in the line", () => {
  fc.assert(
    fc.property(lineSpec, (spec) => {
      const line = lineInput.parse(lineFromSpec(spec));
      for (const { id } of line.stations) {
        for (const came of outcomeSchema.options) {
          const place = nextStation(line, id, came, null);
          assert.deepEqual(nextStation(line, id, came, null), place);
          if (place.kind === "advance" || place.kind === "gate") {
            assert.ok(line.stations.some((station) => station.id === place.toStationId));
          }
          if (place.kind === "gate") {
            assert.ok(line.gates.includes(place.gate));
            assert.equal(place.gate.id, "ask", "a gate that is off or needs no approval never stops a task");
          }
          if (place.kind === "complete") {
            assert.deepEqual([came, id], ["success", line.stations.at(-1)?.id]);
          }
          if (place.kind === "fail") assert.notEqual(came, "success");
        }
      }
    }),
    SETTINGS,
  );
});

Deno.test("a rule counts exactly if no earlier rule of its station covers the outcome", () => {
  fc.assert(
    fc.property(lineSpec, outcome, (spec, came) => {
      const line = lineInput.parse(lineFromSpec(spec));
      spec.stations.forEach((_, from) => {
        const rules = spec.rules.filter((rule) => rule.from === from);
        const covers = rules.map((rule) => rule.condition === came || rule.condition === "any");
        const place = nextStation(line, stationId(from) as StationId, came, null);
        const first = covers.indexOf(true);
        if (first < 0) {
          const next = spec.stations[from + 1] === undefined ? "complete" : "advance";
          assert.equal(place.kind, came === "success" ? next : "fail");
        } else {
          assert.ok(place.kind === "advance" || place.kind === "gate");
          assert.equal(place.toStationId, stationId(rules[first]!.to));
          assert.equal(place.kind === "gate", rules[first]!.gate === "ask");
        }
      });
    }),
    SETTINGS,
  );
});

Deno.test("a task never comes to a station that the line warns about, unless a card starts there", () => {
  fc.assert(
    fc.property(lineSpec, fc.array(outcome, { minLength: 30, maxLength: 30 }), (spec, outcomes) => {
      const line = lineInput.parse(lineFromSpec(spec));
      const lost = new Set(unreachableStations(line));
      let at = line.stations[0]!.id;
      for (const came of outcomes) {
        assert.equal(lost.has(at), false);
        const place = nextStation(line, at, came, null);
        if (place.kind !== "advance" && place.kind !== "gate") return;
        at = place.toStationId;
      }
    }),
    SETTINGS,
  );
});

Deno.test("every task ends, or waits for a person, within the bound of its stations' attempts (T2)", () => {
  const answers = fc.infiniteStream(fc.tuple(outcome, fc.boolean()));
  fc.assert(
    fc.property(lineSpec, fc.nat(3), answers, (spec, start, stream) => {
      const rig = createQueueRig();
      rig.line("tidy", lineFromSpec(spec));
      const runner = rig.runner("r1", LABELS);
      const { id } = rig.submit("tidy", { columnId: stationId(start % spec.stations.length) });
      const jobsMax = ATTEMPTS_MAX * spec.stations.length;
      let steps = 0;
      for (let task = rig.task(id); !hasEnded(task) && task.state.kind !== "waiting"; task = rig.task(id)) {
        assert.ok(steps++ <= 2 * jobsMax, "a task must end");
        const [came, isApproved]: [Outcome, boolean] = stream.next().value;
        if (task.state.kind === "awaiting_review") rig.resolve(task, isApproved ? "approve" : "reject");
        else rig.work(runner, REPORT[came]);
      }
      const { jobIds, attempts } = rig.task(id);
      assert.ok(jobIds.length <= jobsMax);
      assert.equal(Object.values(attempts).reduce((sum, n) => sum + n, 0), jobIds.length);
      assert.ok(jobIds.every((jobId) => rig.job(jobId).state.kind === "finished"));
    }),
    { ...SETTINGS, numRuns: 500 },
  );
});
