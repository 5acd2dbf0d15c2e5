/** What a test may ask of the fake control plane, and tell it. */
import type { WireAgentEvent } from "../../protocol/agent/events.ts";
import type { AgentDefinition, PolledJob, RunnerReport } from "../../protocol/line/runner.ts";
import type { UsageInput } from "../../protocol/line/usage.ts";

/** One run as the control plane saw it. */
export interface FakeRun {
  readonly runId: string;
  readonly job: PolledJob;
  leaseEpoch: number;
  inProgressReports: number;
  /** Each terminal report that came, also repeated ones. */
  readonly terminalReports: RunnerReport[];
  outcome: RunnerReport | null;
  isCancelled: boolean;
  readonly chunks: Uint8Array[];
}

export interface FakeControlPlane extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly violations: string[];
  readonly runs: Map<string, FakeRun>;
  readonly polls: (readonly string[] | null)[];
  /** What the runner told of its runs' use of the machine, message by message. */
  /** The activity logs of agents, by their run. */
  readonly agentEvents: ReadonlyMap<string, readonly WireAgentEvent[]>;
  readonly usage: (UsageInput & { readonly runId: string })[];
  /** Queues a job of a task; its runs appear in `runs` under the job's id. */
  addJob(work: Partial<AgentDefinition> & { readonly taskId: string }): string;
  outputOf(jobId: string): string;
  /** Takes the lease away: every later call of the run is 409. */
  takeLease(jobId: string): void;
  cancel(jobId: string): void;
  /** Set to answer calls instead of the control plane; null lets it answer. Bodies of git are not shown. */
  intercept: (method: string, path: string, body: Uint8Array) => Response | null | Promise<Response | null>;
  gitDirOf(taskId: string): string;
  /** Resolves once `test` holds; it is asked again after each call. @param maxMs Half a minute if not said. */
  until(what: string, test: () => boolean, maxMs?: number): Promise<void>;
}
