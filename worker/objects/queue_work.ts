/** How runners get work out of a queue: poll (waiting if asked to), claim, and the event stream. */
import { ok, type Result } from "../../protocol/result.ts";
import type { JobId, RunnerId } from "../../protocol/ids.ts";
import type { PollAnswer, PolledJob } from "../../protocol/line/runner.ts";
import { claimedJob, offeredJob } from "../domain/agent_definition.ts";
import { authorize } from "../domain/authorize.ts";
import type { Caller } from "../domain/caller.ts";
import { claimJob, offerJob, type RunTokens } from "../domain/claim.ts";
import type { QueueError } from "../domain/job_queue_api.ts";
import { missingFor } from "../domain/matching.ts";
import type { JobWaiters } from "./job_waiters.ts";
import type { QueueAccess } from "./queue_access.ts";
import type { QueueCore } from "./queue_core.ts";

interface Want {
  readonly capabilities: readonly string[] | null;
  readonly baseUrl: string;
}

export interface QueueWork {
  poll(
    caller: Caller,
    want: Want & { readonly waitMs: number },
  ): Promise<Result<PollAnswer | null, QueueError>>;
  claim(caller: Caller, want: Want & { readonly jobId: string }): Result<PolledJob, QueueError>;
  /** Ids of queued jobs whose labels a runner has. */
  jobsFor(runnerId: string): readonly string[];
}

/** Makes the working side of one queue. `mintRunTokens` makes fresh secrets for each claim. */
export function createQueueWork(
  core: QueueCore,
  access: QueueAccess,
  waiters: JobWaiters,
  mintRunTokens: () => RunTokens,
): QueueWork {
  function claim(caller: Caller, want: Want & { readonly jobId: string }): Result<PolledJob, QueueError> {
    const { jobId, capabilities } = want;
    const tokens = mintRunTokens();
    const claimed = access.asRunner(
      caller,
      (draft, runnerId) => claimJob(draft, { runnerId, jobId: jobId as JobId, capabilities, tokens }),
      { jobId },
    );
    return claimed.ok ? ok(claimedJob(core.state, claimed.value, want.baseUrl)) : claimed;
  }

  /** Without capabilities the poll claims at once; with them it offers (pick A3). */
  function pollOnce(caller: Caller, want: Want): Result<PollAnswer | null, QueueError> {
    const offered = access.asRunner(
      caller,
      (draft, runnerId) => ok(offerJob(draft, runnerId, want.capabilities)),
    );
    if (!offered.ok) return offered;
    if (offered.value === null) return ok(null);
    if (want.capabilities !== null) return ok({ jobs: [offeredJob(core.state, offered.value)] });
    const claimed = claim(caller, { ...want, jobId: offered.value.id });
    return claimed.ok ? ok({ jobs: [claimed.value] }) : claimed;
  }

  return {
    claim,
    poll: async (caller, want) => {
      const untilMs = Date.now() + want.waitMs;
      for (;;) {
        const answer = pollOnce(caller, want);
        const leftMs = untilMs - Date.now();
        if (!answer.ok || answer.value !== null || leftMs <= 0) return answer;
        const runner = authorize(core.state, caller, "runner");
        if (!runner.ok) return runner;
        await waiters.wait(runner.value.runnerId, leftMs);
      }
    },
    jobsFor: (runnerId) => {
      const labels = core.state.runners.get(runnerId as RunnerId)?.labels ?? [];
      return [...core.state.jobs.values()]
        .filter((job) =>
          job.state.kind === "queued" && missingFor(job, { labels, capabilities: null }).length === 0
        )
        .map((job) => job.id);
    },
  };
}
