/** What a strict server writes down of a runner. */

/** One call as it came, and how it was answered; git is not among them. */
export interface RecordedCall {
  readonly atMs: number;
  readonly method: string;
  /** Below the project, with its query. */
  readonly path: string;
  readonly token: string | null;
  readonly headers: Headers;
  readonly body: string;
  /** When the answer left; null until then. */
  answeredAtMs: number | null;
  status: number | null;
}

export interface Registration {
  readonly id: string;
  readonly name: string;
  readonly labels: readonly string[];
  readonly token: string;
}

/** A report in either spelling, as it came. */
export interface RecordedReport {
  readonly atMs: number;
  // deno-lint-ignore no-explicit-any -- what a runner sends may be anything
  readonly body: any;
  readonly via: "runner" | "run";
}

export interface StrictJob {
  readonly id: string;
  readonly runId: string;
  /** As the poll hands it out. */
  readonly agentDefinition: Readonly<Record<string, unknown>>;
  state: "queued" | "held" | "ended";
  takenAtMs: number | null;
  endedAtMs: number | null;
  /** The first terminal report. */
  terminal: RecordedReport | null;
  readonly heartbeats: RecordedReport[];
  /** Every terminal report, in the order of arrival; a refused one too. */
  readonly terminals: RecordedReport[];
}
