/**
 * Effects as data: what a decision wants told to others. Events are written in the same transaction as the state
 * (O2), delivered at least once and in order per receiver, and every receiver is idempotent by event id.
 */
import type { Ask } from "./gate/ask.ts";
import type { QuestionKind } from "../../protocol/agent/question.ts";
import type { TimelineEntry } from "../../protocol/line/log.ts";
import type { GateEvent } from "./people_api.ts";

/** Snapshots: each carries the whole row, so that applying the newest alone gives the right answer. */
export type HistoryRecord =
  | {
    readonly kind: "line";
    readonly lineId: string;
    readonly version: number;
    readonly name: string;
    readonly definition: unknown;
    readonly createdAtMs: number;
    readonly isDeleted: boolean;
  }
  | {
    readonly kind: "task";
    readonly taskId: string;
    readonly lineId: string;
    readonly lineName: string;
    readonly lineVersion: number;
    readonly title: string;
    readonly description: string;
    readonly priority: string;
    readonly labels: readonly string[];
    readonly stationId: string;
    readonly stationName: string;
    readonly status: string;
    readonly rejectionReason: string | null;
    readonly pendingGateId: string | null;
    /** Its agent waits for a person: how, in what words, and in which run. Absent from rows from before there were any. */
    readonly agentWait?: string | null;
    readonly agentSays?: string | null;
    readonly agentRunId?: string | null;
    readonly attempt: number;
    readonly createdAtMs: number;
    readonly updatedAtMs: number;
    readonly endedAtMs: number | null;
  }
  | {
    readonly kind: "job";
    readonly jobId: string;
    readonly taskId: string;
    readonly stationId: string;
    readonly attempt: number;
    readonly status: string;
    readonly outcome: string | null;
    readonly reason: string | null;
    readonly queuedAtMs: number;
    readonly endedAtMs: number | null;
  }
  | {
    readonly kind: "run";
    readonly runId: string;
    readonly jobId: string;
    readonly taskId: string;
    readonly stationId: string;
    readonly runnerId: string;
    readonly runnerName: string;
    readonly leaseEpoch: number;
    readonly status: string;
    readonly outcome: string | null;
    readonly exitCode: number | null;
    readonly summary: string | null;
    readonly headCommit: string | null;
    /** Of its model, as told so far; all null: its runner did not say. Absent from rows from before there were any. */
    readonly inputTokens?: number | null;
    readonly outputTokens?: number | null;
    readonly cacheReadTokens?: number | null;
    readonly cacheWriteTokens?: number | null;
    readonly costUsd?: number | null;
    readonly claimedAtMs: number;
    readonly startedAtMs: number | null;
    readonly endedAtMs: number | null;
  }
  | {
    readonly kind: "gate";
    readonly askId: string;
    readonly origin: "line_gate" | "approval_request" | "agent_wait" | "pipeline_gate" | "api";
    /** Null: it is about no task. */
    readonly taskId: string | null;
    readonly gateId: string;
    readonly gateName: string;
    readonly state: string;
    readonly outcome: string | null;
    readonly decidedBy: string | null;
    readonly reason: string | null;
    readonly openedAtMs: number;
    readonly endedAtMs: number | null;
  }
  /** Who did what: append only. Never a secret, prompt or token. */
  | {
    readonly kind: "audit";
    readonly action: string;
    readonly actor: string;
    readonly taskId: string | null;
    readonly subject: string;
    readonly detail: string;
    readonly atMs: number;
  };

/** A question to open at a gate; everything that the `HumanGate` object needs to know. */
export interface GateAsk {
  readonly askId: string;
  readonly owner: string;
  readonly project: string;
  readonly taskId: string;
  readonly taskCreatedAtMs: number;
  readonly taskTitle: string;
  readonly taskDescription: string;
  readonly lineId: string;
  readonly lineName: string;
  readonly gateId: string;
  readonly gateName: string;
  readonly gateDescription: string;
  /** Who is told by mail, whatever the policy says. */
  readonly notifyEmails?: readonly string[];
  readonly fromStationId: string;
  readonly fromStationName: string;
  readonly fromOutcome: string;
  readonly toStationId: string;
  readonly toStationName: string;
  /** What the work under review is: null when no station reported commits. */
  readonly baseCommit: string | null;
  readonly headCommit: string | null;
  readonly openedAtMs: number;
}

/**
 * How an ask ended, as the `HumanGate` tells the queue. `cancel` and `block` are of asks that nobody answered
 * (`gate/lifecycle.ts`): the task is cancelled, or waits at its station for somebody to move it.
 */
export interface GateResolution {
  readonly askId: string;
  readonly taskId: string;
  readonly action: "approve" | "reject" | "cancel" | "block";
  /** Nobody answered: its time was over, or it was taken back. */
  readonly isUnanswered?: true;
  /** Of a run's question that nobody answered: it was its own time that was over, and not its policy's. */
  readonly isOwnTime?: true;
  /** What a person said to a run's question. */
  readonly text?: string | null;
  readonly reason: string;
  /** A label for people, e.g. `link` or `user:ci`. */
  readonly decidedBy: string;
  readonly decidedAtMs: number;
}

/** A request that waits for a person: everything that its ask needs to know but the policy. Nothing in it is secret (S1). */
export interface HeldRequest {
  readonly askId: string;
  readonly owner: string;
  readonly project: string;
  readonly taskId: string;
  readonly taskTitle: string;
  readonly stationId: string;
  readonly jobId: string;
  readonly runId: string;
  readonly runnerId: string;
  readonly runnerName: string;
  readonly method: string;
  /** As it is shown. */
  readonly url: string;
  readonly bodySha256: string;
  /** The beginning of the body as it is shown; null: there is none. */
  readonly bodyPreview: string | null;
  /** Binds the exact request: `protocol/runner/approval.ts`. */
  readonly digest: string;
  readonly labels: readonly string[];
  readonly heldAtMs: number;
  /** After this without a decision it is expired; null: the policy says. */
  readonly expiresAtMs: number | null;
}

/** An agent that waits for a person: everything that its ask needs to know but the policy. */
export interface AgentAsks {
  readonly askId: string;
  readonly owner: string;
  readonly project: string;
  readonly taskId: string;
  readonly taskTitle: string;
  readonly lineId: string;
  readonly stationId: string;
  readonly jobId: string;
  readonly runId: string;
  readonly runnerName: string;
  readonly kind: "waiting" | "blocked" | "stalled";
  readonly says: string | null;
  /** With the run's id: which spell it is. */
  readonly since: number;
  readonly atMs: number;
}

/** What a run asks people in its middle: everything that its ask needs to know but the policy. */
export interface RunAsks {
  readonly askId: string;
  readonly owner: string;
  readonly project: string;
  readonly taskId: string;
  readonly taskTitle: string;
  readonly lineId: string;
  readonly stationId: string;
  readonly jobId: string;
  readonly runId: string;
  readonly runnerName: string;
  /** The runner's own id of it: the same in each of its lives. */
  readonly questionId: string;
  readonly kind: QuestionKind;
  readonly stepId: string;
  readonly message: string | null;
  readonly detail: string | null;
  readonly askedAtMs: number;
  /** Its own time; null: as long as its run. */
  readonly expiresAtMs: number | null;
}

/** Where an outbox row goes. Each destination is drained on its own: history down stops only history. */
export type OutboxEvent =
  | {
    readonly destination: "history";
    readonly record: HistoryRecord;
    /** Whose it is; absent: of the project whose queue wrote it, as the event's id says. */
    readonly of?: { readonly owner: string; readonly project: string };
  }
  | {
    readonly destination: "task_log";
    readonly taskId: string;
    readonly entry: Omit<TimelineEntry, "eventId">;
    /** Set on the last entry of a task: its log ends here. */
    readonly ends: "completed" | "failed" | null;
  }
  | { readonly destination: "gate"; readonly action: "open"; readonly askId: string; readonly ask: GateAsk }
  | {
    readonly destination: "gate";
    readonly action: "hold";
    readonly askId: string;
    readonly request: HeldRequest;
  }
  | {
    readonly destination: "gate";
    readonly action: "agent_waits";
    readonly askId: string;
    readonly asks: AgentAsks;
  }
  | {
    readonly destination: "gate";
    readonly action: "run_asks";
    readonly askId: string;
    readonly asks: RunAsks;
  }
  | {
    readonly destination: "gate";
    readonly action: "cancel";
    readonly askId: string;
    readonly reason: string;
  }
  | { readonly destination: "successor"; readonly askId: string; readonly ask: Ask }
  | {
    readonly destination: "queue";
    readonly owner: string;
    readonly project: string;
    readonly resolution: GateResolution;
  }
  /** What happened to an ask, for the project's people. */
  | {
    readonly destination: "people";
    readonly owner: string;
    readonly project: string;
    readonly event: Omit<GateEvent, "eventId">;
  }
  /** The head of an ask's audit chain, for the timeline of its task: a second store (Autonomy 19.10). */
  | {
    readonly destination: "timeline";
    readonly owner: string;
    readonly project: string;
    readonly head: GateAuditHead;
  };

export interface GateAuditHead {
  readonly askId: string;
  readonly taskId: string;
  readonly links: number;
  readonly hash: string;
}

/** A written outbox row. `eventId` is `{object name}:{sequence}`: unique for ever, ordered per object. */
export interface OutboxRow {
  readonly sequence: number;
  readonly eventId: string;
  readonly event: OutboxEvent;
  readonly createdAtMs: number;
}
