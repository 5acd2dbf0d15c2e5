/** What may happen to a queue, as data: numbers choose among what exists at that moment. */
import fc from "fast-check";
import type { RunnerReport } from "../../protocol/line/runner.ts";
import { LABELS, NEEDS } from "../fake/line_arbitrary.ts";
import type { Said } from "./queue_model.ts";

export const PRIORITIES = ["low", "medium", "high"] as const;

/** Each way to end a run: as a runner says it, and what it means. */
export const REPORTS = {
  success: [{ jobResult: "success", exitCode: 0, error: null }, { end: "success", exit: 0 }],
  bare_success: [{ jobResult: "success" }, { end: "success" }],
  summary: [
    { jobResult: "success", exitCode: 0, summary: "all good" },
    { end: "success", exit: 0, summary: "all good" },
  ],
  other_summary: [
    { jobResult: "success", exitCode: 0, summary: "so so" },
    { end: "success", exit: 0, summary: "so so" },
  ],
  failure: [{ jobResult: "failed", exitCode: 1, error: "red" }, { end: "failure", exit: 1, error: "red" }],
  bad_exit: [{ jobResult: "success", exitCode: 3 }, { end: "failure", exit: 3 }],
  bad_conclusion: [
    { jobResult: "success", exitCode: 0, conclusion: "failure", summary: "no" },
    { end: "failure", exit: 0, summary: "no" },
  ],
  timeout: [{ jobResult: "failed", reason: "timeout" }, { end: "cancelled" }],
  stopped: [{ jobResult: "failed", reason: "runner_stopped" }, { end: "stopped" }],
} as const satisfies Record<string, readonly [RunnerReport, Said]>;
export type ReportName = keyof typeof REPORTS;

export type Command =
  | { readonly kind: "put_line"; readonly line: number; readonly spec: number }
  | { readonly kind: "submit"; readonly line: number; readonly priority: number; readonly station: number }
  | { readonly kind: "register"; readonly runner: number; readonly labels: readonly string[] }
  | {
    readonly kind: "poll" | "offer";
    readonly runner: number;
    readonly capabilities: readonly string[] | null;
  }
  | {
    readonly kind: "claim";
    readonly runner: number;
    readonly job: number;
    readonly capabilities: readonly string[] | null;
  }
  | {
    readonly kind: "speak" | "output";
    /** Among the active runs, if there is one; else among all. */
    readonly isActive: boolean;
    readonly run: number;
    /** Null: the run's own runner. */
    readonly runner: number | null;
    readonly names: "run" | "job" | "both" | "other_job" | "nothing";
    readonly epoch: "right" | "old" | "new" | "none";
    /** Null: a heartbeat. */
    readonly report: ReportName | null;
  }
  | { readonly kind: "advance"; readonly ms: number; readonly hasAlarm: boolean }
  | { readonly kind: "alarm" }
  | { readonly kind: "cancel"; readonly task: number }
  | {
    readonly kind: "resolve";
    readonly task: number;
    readonly isOld: boolean;
    readonly isApproved: boolean;
  };

const any = fc.nat(999);
const capabilities = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.subarray([...NEEDS]) },
);
const speech = {
  isActive: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
  run: any,
  runner: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: any }),
  names: fc.constantFrom("run", "run", "run", "job", "job", "both", "other_job", "nothing", "nothing"),
  epoch: fc.constantFrom("right", "right", "none", "none", "none", "old", "new"),
} as const;
const of = <K extends Command["kind"]>(kind: K) => ({ kind: fc.constant(kind) });

const commands: readonly fc.WeightedArbitrary<Command>[] = [
  { weight: 1, arbitrary: fc.record({ ...of("put_line"), line: any, spec: any }) },
  {
    weight: 6,
    arbitrary: fc.record({ ...of("submit"), line: any, priority: fc.nat(2), station: fc.nat(8) }),
  },
  { weight: 1, arbitrary: fc.record({ ...of("register"), runner: any, labels: fc.subarray([...LABELS]) }) },
  { weight: 12, arbitrary: fc.record({ ...of("poll"), runner: any, capabilities }) },
  { weight: 1, arbitrary: fc.record({ ...of("offer"), runner: any, capabilities }) },
  { weight: 4, arbitrary: fc.record({ ...of("claim"), runner: any, job: any, capabilities }) },
  { weight: 6, arbitrary: fc.record({ ...of("speak"), ...speech, report: fc.constant(null) }) },
  {
    weight: 14,
    arbitrary: fc.record({
      ...of("speak"),
      ...speech,
      report: fc.constantFrom<ReportName[]>(...Object.keys(REPORTS) as ReportName[]),
    }),
  },
  { weight: 2, arbitrary: fc.record({ ...of("output"), ...speech, report: fc.constant(null) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      ...of("advance"),
      ms: fc.constantFrom(1, 1_000, 20_000, 89_999, 90_000, 180_000, 3_720_000),
      hasAlarm: fc.integer({ min: 0, max: 4 }).map((n) => n > 0),
    }),
  },
  { weight: 1, arbitrary: fc.record(of("alarm")) },
  { weight: 1, arbitrary: fc.record({ ...of("cancel"), task: any }) },
  {
    weight: 4,
    arbitrary: fc.record({
      ...of("resolve"),
      task: any,
      isOld: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
      isApproved: fc.boolean(),
    }),
  },
];

/** One command; a list of them shrinks to the few that matter. */
export const command: fc.Arbitrary<Command> = fc.oneof(...commands);
