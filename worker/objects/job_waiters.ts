/**
 * Who waits for work: long polls, sockets with credit and server-sent event streams of one queue. In memory only:
 * whoever is cut off asks again, and sockets are put back from what is attached to them (O4).
 *
 * Invariants:
 *   1. A job that becomes queued wakes one poll or socket that wants it, the one that waits longest: with N runners
 *      waiting, a job costs one wake-up and not N. It is told which job, so that two are not sent after the same one.
 *   2. If the job is still queued a second later (its runner died, or was only offered it and left it), every poll that
 *      wants it is woken (`untaken_jobs.ts`).
 *   3. A runner waits in one poll, its newest: an older one is of a process or connection that is gone, and must not
 *      take a job that nobody would hear of.
 *   4. Streams are told of each job that becomes queued, also of one that comes back, behind the write of the decision
 *      that queued it. A stream ends with the token that opened it.
 */
import type { Job } from "../domain/queue_state.ts";
import { createUntakenJobs } from "./untaken_jobs.ts";

/** Keep-alive of an event stream: proxies close a silent connection after 30 to 60 s. */
const KEEP_ALIVE_MS = 15_000;

/** Why a poll goes on: a job that it should take, a reason to look for itself, or a newer poll in its place. */
export type WakeUp =
  | { readonly kind: "job"; readonly jobId: string }
  | { readonly kind: "look" }
  | { readonly kind: "superseded" };

/** A poll or stream. `wants` is asked at the time of a wake-up. */
export interface Waiter {
  readonly runnerId: string;
  wants(job: Job): boolean;
}

export interface JobWaiters {
  wait(waiter: Waiter, waitMs: number): Promise<WakeUp>;
  /**
   * Waits like a poll, without an end. `wake` is called in the middle of a decision and must not decide by itself; the
   * waiter has left by then, and comes back at the end of the row. Returns how to leave.
   */
  enlist(waiter: Waiter, wake: (wakeUp: WakeUp) => void): () => void;
  /** These jobs have become queued. */
  offer(jobs: readonly Job[]): void;
  /** The runner's hands are free: its polls look again. */
  free(runnerId: string): void;
  /** The runner is gone, or has another token: its streams end, and its polls look again. */
  end(runnerId: string): void;
  /** Runners with an open poll or stream right now. */
  live(): ReadonlySet<string>;
  /** An event stream with a `job_available` for each of `queued`, and for each wanted job from then on. */
  stream(waiter: Waiter, queued: readonly Job[]): Response;
}

interface Poll extends Waiter {
  readonly kind: "poll" | "socket";
  wake(wakeUp: WakeUp): void;
}
interface Stream extends Waiter {
  tell(job: Job): void;
  end(): void;
}

/**
 * Makes the waiters of one queue. `isQueued` says whether nobody has taken a job yet; `committed` resolves once what is
 * decided now is written, and rejects if it cannot be.
 */
export function createJobWaiters(
  isQueued: (jobId: string) => boolean,
  committed: () => Promise<void>,
): JobWaiters {
  // Sets keep the order of insertion: the first poll waits longest.
  const polls = new Set<Poll>();
  /** The same by runner: every claim and every report asks for those of one. */
  const pollsOf = new Map<string, Set<Poll>>();
  const streams = new Set<Stream>();
  const untaken = createUntakenJobs({
    isQueued,
    comeBack: wakeAll,
    nowMs: () => Date.now(),
    later: (callback, ms) => void setTimeout(callback, ms),
  });

  function add(poll: Poll): void {
    polls.add(poll);
    const own = pollsOf.get(poll.runnerId);
    if (own === undefined) pollsOf.set(poll.runnerId, new Set([poll]));
    else own.add(poll);
  }

  function leave(poll: Poll): void {
    if (!polls.delete(poll)) return;
    const own = pollsOf.get(poll.runnerId)!;
    own.delete(poll);
    if (own.size === 0) pollsOf.delete(poll.runnerId);
  }

  function wakeAll(job: Job): void {
    for (const poll of [...polls]) if (poll.wants(job)) poll.wake({ kind: "look" });
  }

  function free(runnerId: string): void {
    for (const poll of [...pollsOf.get(runnerId) ?? []]) poll.wake({ kind: "look" });
  }

  return {
    wait: (waiter, waitMs) =>
      new Promise((resolve) => {
        for (const older of [...pollsOf.get(waiter.runnerId) ?? []]) {
          if (older.kind === "poll") older.wake({ kind: "superseded" });
        }
        const poll: Poll = {
          kind: "poll",
          runnerId: waiter.runnerId,
          wants: (job) => waiter.wants(job),
          wake: (wakeUp) => {
            clearTimeout(timer);
            leave(poll);
            resolve(wakeUp);
          },
        };
        const timer = setTimeout(() => poll.wake({ kind: "look" }), waitMs);
        add(poll);
      }),
    enlist: (waiter, wake) => {
      const poll: Poll = {
        kind: "socket",
        runnerId: waiter.runnerId,
        wants: (job) => waiter.wants(job),
        wake: (wakeUp) => {
          leave(poll);
          wake(wakeUp);
        },
      };
      add(poll);
      return () => leave(poll);
    },
    offer: (jobs) => {
      for (const job of jobs) {
        for (const stream of [...streams]) if (stream.wants(job)) stream.tell(job);
        const first = polls.values().find((poll) => poll.wants(job));
        if (first === undefined) continue;
        first.wake({ kind: "job", jobId: job.id });
        if (polls.size > 0) untaken.add(job);
      }
    },
    free,
    end: (runnerId) => {
      free(runnerId);
      for (const stream of [...streams]) if (stream.runnerId === runnerId) stream.end();
    },
    live: () => new Set([...polls, ...streams].map((waiter) => waiter.runnerId)),
    stream: (waiter, queued) => eventStream(waiter, queued, streams, committed),
  };
}

function eventStream(
  waiter: Waiter,
  queued: readonly Job[],
  streams: Set<Stream>,
  committed: () => Promise<void>,
): Response {
  const encoder = new TextEncoder();
  let stop = () => {};
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      const send = (text: string) => {
        try {
          controller.enqueue(encoder.encode(text));
        } catch {
          // The reader is gone and the stream closed; it must not be in the way of who wakes us.
          stop();
        }
      };
      const stream: Stream = {
        runnerId: waiter.runnerId,
        wants: (job) => waiter.wants(job),
        tell: (job) => {
          const text = `event: job_available\ndata: ${JSON.stringify({ jobId: job.id })}\n\n`;
          // Nobody hears of what could not be written: the object ends, and the client connects again.
          committed().then(() => send(text), () => {});
        },
        end: () => {
          stop();
          controller.close();
        },
      };
      const timer = setInterval(() => send(": keep-alive\n\n"), KEEP_ALIVE_MS);
      stop = () => {
        clearInterval(timer);
        streams.delete(stream);
      };
      streams.add(stream);
      send(": connected\n\n");
      for (const job of queued) if (waiter.wants(job)) stream.tell(job);
    },
    cancel: () => stop(),
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
  });
}
