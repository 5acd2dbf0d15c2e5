/**
 * Chunks of output from sockets to the tasks' logs: admitted by the queue, handed to the log in batches, acknowledged
 * when the log has written them.
 *
 * Invariants:
 *   1. One batch per task and socket is under way; what comes meanwhile is the next one. What waits is bounded by the
 *      window of its socket, so a slow log slows its runner and fills no memory.
 *   2. Chunks of a run are handed over in the order in which they came. After one that the log could not keep, later ones
 *      are refused until it has come again: the log takes a later sequence for the end of what was before it.
 *   3. A chunk is a sign of life. By a run's output the lease is renewed {@link RENEWALS_PER_LEASE} times in its length
 *      at most: a row each time would cost more than the output.
 */
import { decodeOutputFrame, type SocketChunk } from "../../protocol/runner/output_frame.ts";
import { SOCKET_LOG_WINDOW_BYTES } from "../../protocol/runner/socket_limits.ts";
import type { RunId } from "../../protocol/ids.ts";
import type { Result } from "../../protocol/result.ts";
import type { QueueError, RunAdmission } from "../domain/job_queue_api.ts";
import { holdBytes, releaseBytes } from "../domain/socket_account.ts";
import type { ChunkAnswer, OutputChunk, TaskLogApi } from "../domain/task_log_api.ts";
import { queueRefusal, refusal } from "../errors.ts";
import type { OpenQueue } from "./open_queue.ts";
import { workHandlers } from "./queue_handlers/work_handlers.ts";
import type { SocketSession } from "./runner_socket_session.ts";

/** Heartbeats renew the lease as well: output need not do it more often than they do. */
const RENEWALS_PER_LEASE = 4;

/** Null, or why a binary frame ends the connection. */
export type OutputFault = { readonly code: string; readonly message: string } | null;

interface Admitted extends RunAdmission {
  readonly atMs: number;
}

interface TaskPipe {
  waiting: SocketChunk[];
  isSending: boolean;
}

export interface SocketOutput {
  take(session: SocketSession, frame: Uint8Array): OutputFault;
}

/** @param logOf The log of a task. */
export function createSocketOutput(queue: OpenQueue, logOf: (taskId: string) => TaskLogApi): SocketOutput {
  const admissions = new WeakMap<SocketSession, Map<string, Admitted>>();
  const pipes = new WeakMap<SocketSession, Map<string, TaskPipe>>();
  /** By run: the chunk that must come again first (2). */
  const gaps = new WeakMap<SocketSession, Map<string, number>>();

  function admit(
    session: SocketSession,
    chunk: SocketChunk,
  ): Result<RunAdmission, QueueError> | Promise<Result<RunAdmission, QueueError>> {
    const known = ofSession(admissions, session);
    const before = known.get(chunk.runId);
    const run = queue.core.state.runs.get(chunk.runId as RunId);
    const nowMs = queue.clock.nowMs();
    const isStanding = before !== undefined && run !== undefined &&
      nowMs - before.atMs < queue.core.timing.leaseMs / RENEWALS_PER_LEASE &&
      run.state.kind === "active" && run.leaseEpoch === chunk.leaseEpoch && run.jobId === chunk.jobId &&
      run.runnerId === session.runnerId && queue.core.state.tokens.has(hashOf(session));
    if (isStanding) return { ok: true, value: before };
    const { runId, jobId, leaseEpoch } = chunk;
    const answer = workHandlers.admitLog(queue, session.caller, { runId, jobId, leaseEpoch });
    const keep = (admitted: Result<RunAdmission, QueueError>) => {
      if (admitted.ok && !admitted.value.cancel) known.set(runId, { ...admitted.value, atMs: nowMs });
      else known.delete(runId);
      return admitted;
    };
    return answer instanceof Promise ? answer.then(keep) : keep(answer);
  }

  function take(session: SocketSession, frame: Uint8Array): OutputFault {
    const read = decodeOutputFrame(frame);
    if (!read.ok) {
      const message = `Cannot take output as its frame must be as the protocol says: ${read.error}`;
      return { code: "invalid_output_frame", message };
    }
    // The frame's buffer is ours; the chunk is a view into it.
    const chunk = read.value;
    const held = holdBytes(session.account, chunk.bytes.length);
    if (!held.ok) {
      const message =
        `Cannot take output as at most ${SOCKET_LOG_WINDOW_BYTES} bytes of it may wait for their acknowledgement`;
      return { code: held.error, message };
    }
    session.account = held.value;
    const gapsOfSession = ofSession(gaps, session);
    const gap = gapsOfSession.get(chunk.runId);
    if (gap !== undefined && chunk.sequence > gap) {
      refuse(session, [chunk]);
      return null;
    }
    if (chunk.sequence === gap) gapsOfSession.delete(chunk.runId);
    const admitted = admit(session, chunk);
    if (admitted instanceof Promise) void admitted.then((answer) => enqueue(session, chunk, answer));
    else enqueue(session, chunk, admitted);
    return null;
  }

  function enqueue(
    session: SocketSession,
    chunk: SocketChunk,
    admitted: Result<RunAdmission, QueueError>,
  ): void {
    if (!admitted.ok) {
      release(session, [chunk]);
      const { status, body } = queueRefusal(admitted.error);
      const { runId, sequence } = chunk;
      const { error } = body;
      return session.say({ type: "log_refused", runId, sequence, isRetryable: false, status, error });
    }
    const { taskId } = admitted.value;
    const byTask = ofSession(pipes, session);
    const pipe = byTask.get(taskId) ?? { waiting: [], isSending: false };
    byTask.set(taskId, pipe);
    pipe.waiting.push(chunk);
    if (!pipe.isSending) void send(session, byTask, pipe, admitted.value);
  }

  async function send(
    session: SocketSession,
    byTask: Map<string, TaskPipe>,
    pipe: TaskPipe,
    { taskId, stationId }: RunAdmission,
  ): Promise<void> {
    pipe.isSending = true;
    // What comes in the same turn goes along.
    await Promise.resolve();
    while (pipe.waiting.length > 0) {
      const batch = pipe.waiting;
      pipe.waiting = [];
      const chunks: OutputChunk[] = batch.map(({ runId, sequence, offset, bytes }) => ({
        runId,
        stationId,
        sequence,
        offset,
        bytes,
      }));
      const answers = await logOf(taskId).appendMany(chunks).catch(() => null);
      if (answers === null) {
        refuse(session, [...batch, ...pipe.waiting]);
        pipe.waiting = [];
      } else sayKept(session, batch, answers);
    }
    pipe.isSending = false;
    byTask.delete(taskId);
  }

  /** Cumulative: the last chunk of each run speaks for those before it. */
  function sayKept(
    session: SocketSession,
    batch: readonly SocketChunk[],
    answers: readonly ChunkAnswer[],
  ): void {
    release(session, batch);
    const last = new Map(batch.map((chunk, i) => [chunk.runId, { chunk, answer: answers[i]! }]));
    for (const [runId, { chunk, answer: { nextOffset, isWatched } }] of last) {
      const run = queue.core.state.runs.get(runId as RunId);
      const cancel = run?.state.kind === "finished";
      session.say({ type: "kept", runId, sequence: chunk.sequence, nextOffset, cancel, isWatched });
    }
  }

  /** Says the first of each run: whatever comes after it is sent again too. */
  function refuse(session: SocketSession, chunks: readonly SocketChunk[]): void {
    release(session, chunks);
    const { status, body } = refusal(
      503,
      "log_unavailable",
      "Cannot keep output as the task's log did not answer",
    );
    const firsts = new Map(chunks.toReversed().map((chunk) => [chunk.runId, chunk.sequence]));
    const gapsOfSession = ofSession(gaps, session);
    for (const [runId, sequence] of firsts) {
      if (!gapsOfSession.has(runId)) gapsOfSession.set(runId, sequence);
      session.say({ type: "log_refused", runId, sequence, isRetryable: true, status, error: body.error });
    }
  }

  return { take };
}

function release(session: SocketSession, chunks: readonly SocketChunk[]): void {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
  session.account = releaseBytes(session.account, bytes);
}

function ofSession<T>(of: WeakMap<SocketSession, Map<string, T>>, session: SocketSession): Map<string, T> {
  const known = of.get(session) ?? new Map<string, T>();
  of.set(session, known);
  return known;
}

function hashOf({ caller }: SocketSession): string {
  return caller.kind === "token" ? caller.hash : "";
}
