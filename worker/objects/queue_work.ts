/** How runners get work out of a queue: poll (waiting if asked to), claim, and the event stream. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { JobId, RunnerId } from "../../protocol/ids.ts";
import type { PollAnswer, PolledJob } from "../../protocol/line/runner.ts";
import { claimedJob, offeredJob } from "../domain/agent_definition.ts";
import { authorize } from "../domain/authorize.ts";
import type { Caller } from "../domain/caller.ts";
import { type Claimed, claimJob, offerJob } from "../domain/claim.ts";
import type { Draft } from "../domain/draft.ts";
import type { QueueError } from "../domain/job_queue_api.ts";
import { type JsonText, jsonText } from "../domain/json_text.ts";
import { missingFor } from "../domain/matching.ts";
import type { Job, RunnerSays } from "../domain/queue_state.ts";
import type { RunTokens } from "../domain/run_token.ts";
import { queuedJobs } from "../domain/queue_index.ts";
import { heldCount, intakeOf, noteSeen } from "../domain/runner_registry.ts";
import type { JobWaiters, Waiter } from "./job_waiters.ts";
import type { QueueAccess } from "./queue_access.ts";
import type { QueueCore } from "./queue_core.ts";

/** What a runner asks for. `maxJobs`: how many it may hold; 1 where it does not say (Line 12). */
export interface Want {
  readonly capabilities: readonly string[] | null;
  readonly baseUrl: string;
  readonly maxJobs?: number;
  /** What it says of itself. */
  readonly said?: RunnerSays;
}

export interface QueueWork {
  poll(
    caller: Caller,
    want: Want & { readonly waitMs: number },
  ): Promise<Result<JsonText<PollAnswer> | null, QueueError>>;
  claim(caller: Caller, want: Want & { readonly jobId: string }): Result<JsonText<PolledJob>, QueueError>;
  /** The best job for an offer, not claimed; `wokenFor` goes first while it is queued and fits. Null: there is none. */
  look(caller: Caller, want: Want, wokenFor: string | null): Result<Job | null, QueueError>;
  /** {@link look} and {@link claim} in one decision. Null: there is none. */
  take(caller: Caller, want: Want, wokenFor: string | null): Result<TakenJob | null, QueueError>;
  /** A runner that waits for what it wants. */
  waiterOf(runnerId: RunnerId, want: Want): Waiter;
  /** The event stream of a runner: each job that it could do, whenever one becomes queued. */
  stream(runnerId: string): Response;
}

/** A job that was claimed, with what its runner is told of it. */
export interface TakenJob {
  readonly jobId: JobId;
  readonly json: JsonText<PolledJob>;
}

/** Makes the working side of one queue. `tokens` null: there is no key for them, and no job is handed out. */
export function createQueueWork(
  core: QueueCore,
  access: QueueAccess,
  waiters: JobWaiters,
  tokens: RunTokens | null,
): QueueWork {
  function claim(
    caller: Caller,
    want: Want & { readonly jobId: string },
  ): Result<JsonText<PolledJob>, QueueError> {
    const { jobId, capabilities, maxJobs = 1 } = want;
    if (tokens === null) return err({ reason: "admin_token_unset" });
    const claimed = access.asRunner(
      caller,
      (draft, runnerId) => claimJob(draft, { runnerId, jobId: jobId as JobId, capabilities, maxJobs }),
      { jobId },
    );
    return claimed.ok
      ? ok(claimedJob(core.state, claimed.value, tokens, want.baseUrl, core.timing))
      : claimed;
  }

  function look(caller: Caller, want: Want, wokenFor: string | null): Result<Job | null, QueueError> {
    return access.asRunner(caller, (draft, runnerId) => ok(bestFor(draft, runnerId, want, wokenFor)));
  }

  function take(caller: Caller, want: Want, wokenFor: string | null): Result<TakenJob | null, QueueError> {
    const { capabilities, maxJobs = 1 } = want;
    const taken = access.asRunner(caller, (draft, runnerId): Result<Claimed | null, QueueError> => {
      const best = bestFor(draft, runnerId, want, wokenFor);
      if (best === null) return ok(null);
      if (tokens === null) return err({ reason: "admin_token_unset" });
      return claimJob(draft, { runnerId, jobId: best.id, capabilities, maxJobs });
    });
    if (!taken.ok) return taken;
    if (taken.value === null) return ok(null);
    const json = claimedJob(core.state, taken.value, tokens!, want.baseUrl, core.timing);
    return ok({ jobId: taken.value.job.id, json });
  }

  function bestFor(draft: Draft, runnerId: RunnerId, want: Want, wokenFor: string | null): Job | null {
    const wanted = wokenFor === null ? undefined : core.state.jobs.get(wokenFor as JobId);
    if (wanted?.state.kind === "queued" && waiterOf(runnerId, want).wants(wanted)) {
      noteSeen(draft, runnerId, want.said);
      return wanted;
    }
    return offerJob(draft, runnerId, want.capabilities, want.maxJobs, want.said);
  }

  /** Without capabilities the poll claims at once; with them it offers (pick A3). */
  function pollOnce(
    caller: Caller,
    want: Want,
    wokenFor: string | null,
  ): Result<JsonText<PollAnswer> | null, QueueError> {
    if (want.capabilities === null) {
      const taken = take(caller, want, wokenFor);
      return taken.ok ? ok(taken.value && answerWith(taken.value.json)) : taken;
    }
    const offered = look(caller, want, wokenFor);
    if (!offered.ok) return offered;
    return ok(offered.value && answerWith(offeredJob(core.state, offered.value, want.baseUrl)));
  }

  /** A runner whose hands are full wants no other job (Line 12). */
  function waiterOf(runnerId: RunnerId, { capabilities, maxJobs = 1 }: Want): Waiter {
    return {
      runnerId,
      wants: (job) => heldCount(core.state, runnerId) < maxJobs && canDo(runnerId, job, capabilities),
    };
  }

  function canDo(runnerId: RunnerId, job: Job, capabilities: readonly string[] | null): boolean {
    const runner = core.state.runners.get(runnerId);
    if (runner === undefined || intakeOf(runner) !== "open") return false;
    const matching = core.state.settings.labelMatching;
    return missingFor(job, { labels: runner.labels, capabilities, matching }).length === 0;
  }

  function isDraining(runnerId: RunnerId): boolean {
    const runner = core.state.runners.get(runnerId);
    return runner !== undefined && intakeOf(runner) === "draining";
  }

  return {
    claim,
    look,
    take,
    waiterOf,
    poll: async (caller, want) => {
      const untilMs = Date.now() + want.waitMs;
      let wokenFor: string | null = null;
      for (;;) {
        const answer = pollOnce(caller, want, wokenFor);
        const leftMs = untilMs - Date.now();
        if (!answer.ok || answer.value !== null) return answer;
        const runner = authorize(core.state, caller, "runner");
        if (!runner.ok) return runner;
        if (isDraining(runner.value.runnerId)) return ok(jsonText<PollAnswer>({ jobs: [], drain: true }));
        if (leftMs <= 0) return answer;
        const woken = await waiters.wait(waiterOf(runner.value.runnerId, want), leftMs);
        if (woken.kind === "superseded") return ok(null);
        wokenFor = woken.kind === "job" ? woken.jobId : null;
      }
    },
    stream: (id) => {
      const runnerId = id as RunnerId;
      const queued = queuedJobs(core.state);
      return waiters.stream({ runnerId, wants: (job) => canDo(runnerId, job, null) }, queued);
    },
  };
}

function answerWith(job: JsonText<PolledJob>): JsonText<PollAnswer> {
  return `{"jobs":[${job}]}` as JsonText<PollAnswer>;
}
