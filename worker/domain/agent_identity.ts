/** What an agent is, as the token of its run proves it; and where the specs of its task are. Pure. */
import type { Capability } from "../../protocol/agent/subtask.ts";
import { capability } from "../../protocol/agent/subtask.ts";
import type { JobId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { authorize } from "./authorize.ts";
import type { Caller } from "./caller.ts";
import type { AgentIdentity, QueueError, SpecPlace } from "./job_queue_api.ts";
import type { QueueState, Run, Task } from "./queue_state.ts";
import { readOnlyAccess } from "./repository_access.ts";

/** The agent of a run, by its job's own token: a token of another run proves nothing about this one. */
export function agentIdentity(
  state: QueueState,
  caller: Caller,
  runId: string,
): Result<AgentIdentity, QueueError> {
  const job = authorize(state, caller, "job");
  if (!job.ok) return job;
  const run = caller.kind === "run_token" ? state.runs.get(caller.runId) : undefined;
  if (run === undefined || run.id !== runId) return err({ reason: "not_found", what: "run", id: runId });
  const task = state.tasks.get(run.taskId)!;
  return ok({
    runId: run.id,
    jobId: run.jobId,
    taskId: run.taskId,
    stationId: run.stationId,
    lineId: task.lineId,
    capability: capabilityAt(state, task, run.stationId),
    claimedAtMs: run.claimedAtMs,
    gitUrl: state.settings.gitUrl,
  });
}

/** What the agents of a station may do with subtasks; a station says it in its operator's configuration. */
export function capabilityAt(state: QueueState, task: Task, stationId: string): Capability {
  const line = state.lines.get(`${task.lineId}@${task.lineVersion}`);
  const station = line?.definition.stations.find(({ id }) => id === stationId);
  const said = capability.safeParse(
    station?.trigger.operatorConfig?.capability ?? station?.operatorConfig?.capability,
  );
  return said.success && said.data !== "operator" ? said.data : "implementor";
}

/** The specs of a task, as a run found them (Runtime 3.5 `frozen`): a later push or version of the line changes nothing. */
export function specPlace(state: QueueState, task: Task, before: Run | null): SpecPlace {
  const line = state.lines.get(`${task.lineId}@${task.lineVersion}`);
  return {
    lineId: task.lineId,
    lineVersion: task.lineVersion,
    files: line?.definition.agenticsSpecFiles ?? {},
    commit: commitBefore(state, task, before),
    access: readOnlyAccess(task),
  };
}

/** The work branch's head when the run began: what the newest run that ended before it reported. */
function commitBefore(state: QueueState, task: Task, before: Run | null): string | null {
  let newest: { readonly endedAtMs: number; readonly commit: string } | null = null;
  for (const jobId of task.jobIds) {
    for (const runId of state.jobs.get(jobId as JobId)?.runIds ?? []) {
      const run = state.runs.get(runId);
      if (run === undefined || run.state.kind !== "finished" || run.id === before?.id) continue;
      const { endedAtMs, report } = run.state;
      const isEarlier = before === null || endedAtMs <= before.claimedAtMs;
      if (!isEarlier || report?.headCommit == null) continue;
      if (newest === null || endedAtMs >= newest.endedAtMs) newest = { endedAtMs, commit: report.headCommit };
    }
  }
  return newest?.commit ?? null;
}
