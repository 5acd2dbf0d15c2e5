/** What a queue tells of a gate of a line, for tests of everything that is told. */
import type { GateAsk } from "../../worker/domain/event.ts";

/** The task of every {@link lineAsk}. */
export const TASK = "01jbrc9nf6m6sc7n75yr3hga9v";

export const lineAsk = (askId: string, openedAtMs: number, more: Partial<GateAsk> = {}): GateAsk => ({
  askId,
  owner: "acme",
  project: askId,
  taskId: TASK,
  taskCreatedAtMs: 1,
  taskTitle: "Tidy",
  taskDescription: "",
  lineId: "tidy",
  lineName: "Tidy",
  gateId: "review",
  gateName: "Review",
  gateDescription: "",
  fromStationId: "check",
  fromStationName: "Check",
  fromOutcome: "success",
  toStationId: "deliver",
  toStationName: "Deliver",
  baseCommit: null,
  headCommit: null,
  openedAtMs,
  ...more,
});
