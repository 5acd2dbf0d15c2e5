/**
 * Agents that wait for a person (Runtime 3.8): what a runner's events say of that, as the job that the agent works on has it.
 *
 * 1. A spell begins with the first event that says so and ends with the next that does not, or with the run. It has one ask
 *    at most, which is told in the decision that begins it, and withdrawn in the one that ends it (O2).
 * 2. Each event counts once: of a run, none that is not newer than the last that changed something.
 * 3. The ask holds nothing back and approves nothing (G1): whatever is said to it, no task moves.
 * 4. What the project switches off is the ask. That the agent waits is known all the same.
 *
 * Pure; owner: the `JobQueue` object.
 */
import type { WireAgentEvent } from "../../protocol/agent/events.ts";
import type { AskId, RunId } from "../../protocol/ids.ts";
import { AGENT_SAYS_MAX_CHARS, AGENT_WAIT_ASKS_MAX } from "../limits.ts";
import type { Draft } from "./draft.ts";
import type { AgentAsks } from "./event.ts";
import type { AgentStanding, AgentWait, Job, Task } from "./queue_state.ts";
import { openQuestions } from "./run_question_open.ts";
import { putTask } from "./task.ts";

/** What one event says: the agent waits, or (null) it does not. */
export interface AgentNews {
  readonly sequence: number;
  readonly waits: Pick<AgentWait, "kind" | "says"> | null;
}

/** What events say of an agent's waiting, in their order; empty: nothing. */
export function agentNews(events: readonly WireAgentEvent[]): readonly AgentNews[] {
  return events.filter(({ type }) => type === "status_change")
    .map(({ sequence, payload }) => ({ sequence, waits: waitOf(payload) }));
}

function waitOf(payload: WireAgentEvent["payload"]): AgentNews["waits"] {
  if ((payload["phase"] ?? "running") !== "running") return null;
  const kind = payload["isStalled"] === true ? "stalled" : WAITS.get(payload["activity"]);
  if (kind === undefined) return null;
  const said = payload["detail"];
  const says = typeof said === "string" && said !== ""
    ? said.slice(0, AGENT_SAYS_MAX_CHARS).toWellFormed()
    : null;
  return { kind, says };
}

const WAITS: ReadonlyMap<unknown, AgentWait["kind"]> = new Map([
  ["waiting_for_input", "waiting"],
  ["blocked", "blocked"],
]);

/** The agent of a job, as far as it waits; null: it does not, or nobody works on the job. */
export function agentWait(job: Job | undefined): AgentWait | null {
  return standingOf(job)?.waits ?? null;
}

/** What of a task's run waits for a person; `question`: the run itself, for the oldest that it has asked. */
export interface TaskWait extends Pick<AgentWait, "says" | "sinceMs"> {
  readonly kind: AgentWait["kind"] | "question";
  readonly runId: RunId;
}

/** The run of a task that waits, or its agent. */
export function taskAgentWait(
  source: { job(id: Job["id"]): Job | undefined },
  { state }: Pick<Task, "state">,
): TaskWait | null {
  if (state.kind !== "at_station" || state.phase === "queued") return null;
  const job = source.job(state.jobId);
  const runId = job?.runIds.at(-1);
  if (runId === undefined) return null;
  const [question] = openQuestions(job);
  if (question !== undefined) {
    return { kind: "question", says: question.says, sinceMs: question.askedAtMs, runId };
  }
  const waits = agentWait(job);
  return waits === null ? null : { ...waits, runId };
}

/** Notes what was told of the agent of a run, if the run is under way. */
export function noteAgentNews(draft: Draft, runId: RunId, news: readonly AgentNews[]): void {
  if (news.length === 0) return;
  const run = draft.run(runId);
  if (run?.state.kind !== "active") return;
  const before = standingOf(draft.job(run.jobId));
  let now = before ?? NOTHING_HEARD;
  for (const one of news) {
    if (one.sequence > now.sequence && isChange(now, one)) now = next(draft, now, one);
  }
  if (now === (before ?? NOTHING_HEARD)) return;
  const job = draft.job(run.jobId)!;
  if (job.state.kind !== "claimed" && job.state.kind !== "in_progress") return;
  const task = draft.task(run.taskId)!;
  const isSame = now.waits !== null && now.waits.since === before?.waits?.since;
  if (!isSame) withdrawWait(draft, job, "the agent went on");
  const asked = isSame || now.waits === null ? now : opened(draft, job, task, now, now.waits);
  draft.put({ kind: "job", row: { ...job, state: { ...job.state, agent: asked } } });
  // The board asks whether a task has changed: this one has.
  putTask(draft, task);
}

/** The run is over, or its agent goes on: who was asked need not answer. */
export function withdrawWait(draft: Draft, job: Job, why: string): void {
  const askId = agentWait(job)?.askId ?? null;
  if (askId !== null) draft.emit({ destination: "gate", action: "cancel", askId, reason: why });
}

const NOTHING_HEARD: AgentStanding = { sequence: -1, asks: 0, waits: null };

function standingOf(job: Job | undefined): AgentStanding | null {
  const state = job?.state;
  return state?.kind === "claimed" || state?.kind === "in_progress" ? state.agent ?? null : null;
}

function isChange({ waits }: AgentStanding, told: AgentNews): boolean {
  return waits?.kind !== told.waits?.kind || waits?.says !== told.waits?.says;
}

/** The standing after one event; a spell goes on in other words. */
function next({ nowMs }: Draft, now: AgentStanding, { sequence, waits }: AgentNews): AgentStanding {
  if (waits === null) return { ...now, sequence, waits: null };
  const spell = now.waits ?? { since: sequence, sinceMs: nowMs, askId: null };
  return { ...now, sequence, waits: { ...spell, ...waits } };
}

function opened(draft: Draft, job: Job, task: Task, now: AgentStanding, waits: AgentWait): AgentStanding {
  const { owner, project, asksForAgents = true } = draft.settings();
  const run = draft.run(job.runIds.at(-1)!)!;
  const { stationId, runnerName } = run;
  const about = { stationId, jobId: job.id, runId: run.id, runnerName };
  const detail = waits.says === null ? waits.kind : `${waits.kind}: ${waits.says}`;
  draft.note(task, "agent_waits", { ...about, detail });
  if (!asksForAgents || now.asks >= AGENT_WAIT_ASKS_MAX) return now;
  const askId = draft.newId<AskId>();
  const asks: AgentAsks = {
    ...about,
    askId,
    owner,
    project,
    taskId: task.id,
    taskTitle: task.title,
    lineId: task.lineId,
    kind: waits.kind,
    says: waits.says,
    since: waits.since,
    atMs: draft.nowMs,
  };
  draft.emit({ destination: "gate", action: "agent_waits", askId, asks });
  return { ...now, asks: now.asks + 1, waits: { ...waits, askId } };
}
