/** Opens a queue inside its object: migrates the tables, loads the state, wires the parts together. */
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "../../migrations/job_queue/migrations.js";
import { TOKEN_BYTES } from "../../protocol/limits.ts";
import type { JobId } from "../../protocol/ids.ts";
import type { ChatChannelApi } from "../domain/chat_api.ts";
import type { Change, Job, TokenKind } from "../domain/queue_state.ts";
import { createRunTokens, deriveRunKey } from "../domain/run_token.ts";
import { type MintedToken, mintToken } from "../domain/token.ts";
import { type Env, readConfig } from "../env.ts";
import { createObjectSql } from "../store/queue/object_sql.ts";
import { createCommandTable } from "../store/queue/command_table.ts";
import { createQuestionTable } from "../store/queue/question_table.ts";
import { createQueueStore } from "../store/queue/store.ts";
import { createSubtaskTable, type SubtaskTable } from "../store/queue/subtask_table.ts";
import { type AgentCommands, createAgentCommands } from "./agent_commands.ts";
import { createObjectClock, type ObjectClock } from "./clock.ts";
import { createJobWaiters, type JobWaiters } from "./job_waiters.ts";
import { objectName } from "./object_name.ts";
import { createProjectPlace, type ProjectPlace } from "./project_place.ts";
import { createQueueAccess, type QueueAccess } from "./queue_access.ts";
import { createQueueCore, type QueueCore } from "./queue_core.ts";
import { createQueueSenders } from "./queue_senders.ts";
import { createQueueWork, type QueueWork } from "./queue_work.ts";
import { createRunQuestions, type RunQuestions } from "./run_questions.ts";
import { createSocketOutput } from "./runner_socket_output.ts";
import { createRunnerSockets, type RunnerSockets } from "./runner_sockets.ts";
import { createWorktreeAsks, type WorktreeAsks } from "./worktree_asks.ts";
import type { TaskLogApi } from "../domain/task_log_api.ts";

const random = { bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)) };

/** Batches as well as a timer of 0 ms, and costs half: measured in workerd with a hundred callers. */
const atEndOfTurn = (callback: () => void) => void setImmediate(callback);

/** The parts of one queue object. */
export interface OpenQueue {
  readonly core: QueueCore;
  readonly access: QueueAccess;
  readonly work: QueueWork;
  readonly waiters: JobWaiters;
  readonly sockets: RunnerSockets;
  readonly clock: ObjectClock;
  readonly subtasks: SubtaskTable;
  readonly commands: AgentCommands;
  readonly worktrees: WorktreeAsks;
  readonly questions: RunQuestions;
  readonly place: ProjectPlace;
  /** There are messages for a job whose chat channel was opened; it looks for them by itself as well. */
  wakeChat(jobId: string): void;
  /** Makes a fresh token of this project. */
  mint(kind: TokenKind): MintedToken;
}

/** To be called once, before the object answers anything. */
export async function openQueue(ctx: DurableObjectState, env: Env): Promise<OpenQueue> {
  await migrate(drizzle(ctx.storage), migrations);
  const name = objectName(ctx);
  const [owner, project] = name.split("/") as [string, string];
  const clock = createObjectClock(ctx.storage, env.SHOPFLOOR_CLOCK);
  const sql = createObjectSql(ctx.storage);
  const commands = createAgentCommands(createCommandTable(sql), () => clock.nowMs());
  const questions = createRunQuestions(createQuestionTable(sql));
  const waiters = createJobWaiters(
    (jobId) => core.state.jobs.get(jobId as JobId)?.state.kind === "queued",
    () => core.committed(),
  );
  const core = createQueueCore({
    ctx,
    store: createQueueStore(sql, name),
    clock,
    random,
    timing: readConfig(env).timing,
    senders: createQueueSenders(env, owner, project),
    hasHistory: !!env.HISTORY_URL,
    onApplied: (changes) => {
      tell(waiters, changes, core.state.runners.keys());
      for (const write of [commands.tell(changes), questions.tell(changes)]) {
        if (write !== null) core.beside(write);
      }
      sockets.tell(changes);
    },
    atEndOfTurn,
  });
  const access = createQueueAccess(core);
  const mint = (kind: TokenKind) => mintToken(kind, owner, project, random.bytes(TOKEN_BYTES));
  const adminToken = env.SHOPFLOOR_ADMIN_TOKEN;
  const work = createQueueWork(
    core,
    access,
    waiters,
    adminToken ? createRunTokens(deriveRunKey(adminToken), owner, project) : null,
  );
  await core.start();
  const logOf = (taskId: string) => env.TASK_LOG.getByName(`${name}/${taskId}`) as unknown as TaskLogApi;
  const queue: OpenQueue = {
    core,
    access,
    work,
    waiters,
    clock,
    subtasks: createSubtaskTable(sql),
    commands,
    worktrees: createWorktreeAsks(),
    questions,
    place: createProjectPlace(ctx, env.BLOBS, clock, owner, project),
    mint,
    wakeChat: (jobId) => {
      const channel = env.CHAT_CHANNEL.getByName(`${name}/${jobId}`) as unknown as ChatChannelApi;
      // Its next look finds what this one missed.
      ctx.waitUntil(core.committed().then(() => channel.wake()).catch(() => {}));
    },
    get sockets() {
      return sockets;
    },
  };
  const sockets = createRunnerSockets(ctx, queue, createSocketOutput(queue, logOf), atEndOfTurn);
  sockets.restore();
  // Of projects from before there were places.
  if (core.state.runners.size > 0) ctx.waitUntil(queue.place.note());
  return queue;
}

/** Wakes those for whom a decision made a difference: a job is free, or a runner's hands are. */
function tell(waiters: JobWaiters, changes: readonly Change[], runnerIds: Iterable<string>): void {
  let queued: Job[] | null = null;
  for (const change of changes) {
    if (change.kind === "job" && change.row.state.kind === "queued") (queued ??= []).push(change.row);
    if (change.kind === "run" && change.row.state.kind === "finished") waiters.free(change.row.runnerId);
    // Other jobs may be theirs than before.
    if (change.kind === "settings") { for (const id of runnerIds) waiters.free(id); }
    // Its intake or its labels may be others, or it may be gone: its polls look again.
    if (change.kind === "runner") waiters.free(change.row.id);
    if (change.kind === "token" && change.row.runnerId !== null) waiters.end(change.row.runnerId);
    if (change.kind === "delete_runner") waiters.end(change.id);
  }
  if (queued !== null) waiters.offer(queued);
}
