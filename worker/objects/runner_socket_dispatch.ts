/**
 * Which socket gets a job, and when. Sockets with credit wait in the row of all who wait (`job_waiters.ts`), beside long
 * polls: whoever waits longest goes first, and one job wakes one of them.
 *
 * Invariants:
 *   1. A socket never gets more jobs than its credit.
 *   2. Nothing decides in the middle of another decision: whoever is woken there is served at the end of the turn.
 *   3. After a sleep those with credit wait again, in the order in which they had waited (O4).
 */
import type { JobId } from "../../protocol/ids.ts";
import { SOCKET_CLOSE_POLICY, SOCKET_CLOSE_UNAUTHENTICATED } from "../../protocol/runner/socket_limits.ts";
import { offeredJob } from "../domain/agent_definition.ts";
import type { QueueError } from "../domain/job_queue_api.ts";
import { holdsJob, isSilent } from "../domain/socket_card.ts";
import type { OpenQueue } from "./open_queue.ts";
import type { Want } from "./queue_work.ts";
import type { SocketSession } from "./runner_socket_session.ts";

export interface SocketDispatch {
  /** Gives the session what there is, as far as its credit goes; then it waits for more. */
  serve(session: SocketSession): void;
  /** The session is over. */
  drop(session: SocketSession): void;
  /** Is nobody at the other end any more, as far as can be told? */
  isGone(session: SocketSession): boolean;
  /** The object woke with these sockets. */
  restore(sessions: readonly SocketSession[]): void;
}

/** @param forget Ends a connection. @param soon Calls back when no decision is under way. */
export function createSocketDispatch(
  ctx: DurableObjectState,
  queue: OpenQueue,
  forget: (session: SocketSession, code: number, reason: string) => void,
  soon: (callback: () => void) => void,
): SocketDispatch {
  /** Who was woken in this turn, and for which job; null: to look for itself. */
  let due = new Map<SocketSession, string | null>();

  function serve(session: SocketSession, wokenFor: string | null): void {
    session.stopWaiting();
    const want = wantOf(session);
    if (!session.isOpen || want === null) return;
    if (isGone(session)) {
      forget(session, SOCKET_CLOSE_POLICY, "silent");
      return giveBack(wokenFor);
    }
    for (let next = wokenFor; session.account.credit > 0; next = null) {
      const outcome = giveOne(session, want, next);
      if (outcome === "revoked") {
        forget(session, SOCKET_CLOSE_UNAUTHENTICATED, "unauthenticated");
        return giveBack(wokenFor);
      }
      if (outcome === "nothing") break;
      // An offered job stays queued: the next one is for the next time.
      if (session.hello?.takes === "offer") break;
    }
    session.touch();
    if (session.account.credit > 0) wait(session);
  }

  function giveOne(
    session: SocketSession,
    want: Want,
    wokenFor: string | null,
  ): "given" | "nothing" | "revoked" {
    if (session.hello?.takes === "offer") {
      const found = queue.work.look(session.caller, want, wokenFor);
      if (!found.ok) return isRevoked(found.error) ? "revoked" : "nothing";
      if (found.value === null) return "nothing";
      session.give("offer", found.value.id, offeredJob(queue.core.state, found.value, want.baseUrl));
      return "given";
    }
    const taken = queue.work.take(session.caller, want, wokenFor);
    if (!taken.ok) return isRevoked(taken.error) ? "revoked" : "nothing";
    if (taken.value === null) return "nothing";
    session.give("job", taken.value.jobId, taken.value.json);
    return "given";
  }

  /** Jobs that were claimed for it before the object ended, and of which it never heard. */
  function sayOwed(session: SocketSession): void {
    const want = wantOf(session);
    if (want === null || session.runnerId === null) return;
    for (const jobId of session.owedJobIds) {
      if (!holdsJob(queue.core.state, session.runnerId, jobId)) continue;
      const job = queue.work.claim(session.caller, { ...want, jobId });
      if (job.ok) session.give("job", jobId, job.value);
    }
  }

  function wait(session: SocketSession): void {
    const want = wantOf(session);
    if (want === null || session.runnerId === null) return;
    const leave = queue.waiters.enlist(queue.work.waiterOf(session.runnerId, want), (wakeUp) => {
      session.stopWaiting();
      owe(session, wakeUp.kind === "job" ? wakeUp.jobId : null);
    });
    session.waitUntil(leave, Date.now());
  }

  function owe(session: SocketSession, wokenFor: string | null): void {
    if (due.size === 0) soon(serveDue);
    due.set(session, wokenFor);
  }

  function serveDue(): void {
    const now = due;
    due = new Map();
    for (const [session, wokenFor] of now) serve(session, wokenFor);
  }

  function isGone(session: SocketSession): boolean {
    const nowMs = Date.now();
    // Who has just spoken is there: the platform need not be asked for every job.
    if (!isSilent(0, session.lastMessageMs, nowMs)) return false;
    const lastPingMs = ctx.getWebSocketAutoResponseTimestamp(session.socket)?.getTime() ?? null;
    return isSilent(lastPingMs, session.lastMessageMs, nowMs);
  }

  /** A job that woke somebody who is not there any more goes to the next one who waits. */
  function giveBack(jobId: string | null): void {
    const job = jobId === null ? undefined : queue.core.state.jobs.get(jobId as JobId);
    if (job?.state.kind === "queued") queue.waiters.offer([job]);
  }

  return {
    serve: (session) => serve(session, null),
    isGone,
    drop: (session) => {
      session.stopWaiting();
      due.delete(session);
    },
    restore: (sessions) => {
      const waiting = sessions.filter((session) => session.account.credit > 0);
      for (const session of waiting.sort((a, b) => a.waitingSinceMs - b.waitingSinceMs)) {
        sayOwed(session);
        owe(session, null);
      }
    },
  };
}

function isRevoked({ reason }: QueueError): boolean {
  return reason === "unauthenticated";
}

/** Null: the client is no runner, or has not said what it can do. */
function wantOf({ hello, runnerId, baseUrl }: SocketSession): Want | null {
  if (hello === null || runnerId === null) return null;
  return { capabilities: hello.capabilities, maxJobs: hello.maxJobs, baseUrl };
}
