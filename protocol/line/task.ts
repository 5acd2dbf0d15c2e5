/** The task card that comes in, and TaskData that goes out (Line 2.5, with the fields of pick A12). */
import { z } from "zod";
import type { LineId, StationId } from "../ids.ts";
import { renameKeys } from "./aliases.ts";
import { description, labels, name, pageQuery, priority, reason, title } from "./fields.ts";
import type { ModelUsage } from "./model_usage.ts";

/** POST .../assembly-lines/{lineId}/tasks. The spec asks for a description; one that is missing is empty (A23). */
export const taskCard = z.unknown().transform((input, context) => {
  const renamed = renameKeys("card", input);
  if (renamed.ok) return renamed.value;
  context.addIssue({
    code: "custom",
    path: [renamed.error.alias],
    message: `expected the same value as in '${renamed.error.name}'`,
  });
  return z.NEVER;
}).pipe(z.strictObject({
  title,
  description: description.default(""),
  priority: priority.default("medium"),
  labels: labels.default([]),
  columnId: name<StationId>().optional(),
}));
export type TaskCard = z.infer<typeof taskCard>;

export const taskStatus = z.enum([
  "queued",
  "claimed",
  "in_progress",
  "awaiting_review",
  "completed",
  "failed",
]);
export type TaskStatus = z.infer<typeof taskStatus>;

/** The statuses of a task that has not ended. */
export const livingStatus = taskStatus.exclude(["completed", "failed"]);

/** GET .../tasks: the living tasks, newest first. */
export const taskListQuery = pageQuery.extend({
  status: livingStatus.optional(),
  line: name<LineId>().optional(),
  station: name<StationId>().optional(),
});

/** POST .../tasks/{taskId}/cancel. */
export const cancelInput = z.strictObject({ reason: reason.default("") });

/** POST .../tasks/{taskId}/retry: a new job at the task's station, or at the one named. */
export const retryInput = z.strictObject({
  stationId: name<StationId>().optional(),
  reason: reason.default(""),
});

/** POST .../tasks/{taskId}/move. */
export const moveInput = z.strictObject({ stationId: name<StationId>(), reason: reason.default("") });

export const outcome = z.enum(["success", "failure", "cancelled"]);
export type Outcome = z.infer<typeof outcome>;

/** One station visited by a task, in order; `outcome` is null while the job is not finished. */
export interface TaskHistoryEntry {
  readonly stationId: string;
  readonly stationName: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly runnerName: string | null;
  readonly runs: number;
  readonly outcome: Outcome | null;
  readonly reason: string | null;
  readonly summary: string | null;
  readonly exitCode: number | null;
  readonly baseCommit: string | null;
  readonly headCommit: string | null;
  /** What the agents of all its runs used of their models; null: no runner said. */
  readonly usage: ModelUsage | null;
  readonly queuedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

/** What GET .../tasks/{taskId} answers. Times are Unix milliseconds (Line 2.5). */
export interface TaskData {
  readonly id: string;
  readonly owner: string;
  readonly projectId: string;
  /** The assembly line's id (Line 2.10). */
  readonly stageId: string;
  readonly assemblyLineId: string;
  readonly assemblyLineVersion: number;
  readonly title: string;
  readonly description: string;
  /** The current station's id. */
  readonly columnId: string;
  /** Position in that station's queue, from 0. */
  readonly order: number;
  readonly priority: z.infer<typeof priority>;
  readonly labels: readonly string[];
  readonly pendingGateId: string | null;
  readonly assemblyLineRepo: {
    readonly repoId: string;
    readonly url: string;
    readonly branch: string;
    readonly createdAt: number;
  };
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly status: TaskStatus;
  readonly rejectionReason: string | null;
  /** Of an ended task: how its last job ended, which its status may not show (Line 7 item 6). */
  readonly outcome: Outcome | null;
  readonly attempt: number;
  readonly currentJobId: string | null;
  /** Its agent waits for a person; null: it does not (Runtime 3.8). */
  readonly agentWait: AgentWaitData | null;
  /** Live streams of its agents, oldest first (Line 4.2 `streams`). */
  readonly streams: readonly {
    readonly sessionId: string;
    readonly broadcastId: string | null;
    readonly at: number;
  }[];
  readonly history: readonly TaskHistoryEntry[];
}

/** `question`: the run waits for the answer to an ask. */
export interface AgentWaitData {
  readonly kind: "waiting" | "blocked" | "stalled" | "question";
  /** In its own words. */
  readonly says: string | null;
  /** Where it is answered: `POST B/runs/{runId}/messages`; a question by its ask, which `B/runs/{runId}/questions` names. */
  readonly runId: string;
  /** Unix milliseconds. */
  readonly since: number;
}

/** A row of a list of tasks: what a card shows. GET the task for the rest. */
export type TaskSummary = Omit<TaskData, "description" | "order" | "history">;

/** GET .../tasks. */
export interface TaskPage {
  readonly tasks: readonly TaskSummary[];
  /** For the next page; null after the last one. */
  readonly nextCursor: string | null;
  /** Where tasks that ended are listed. */
  readonly endedTasksUrl: string;
}
