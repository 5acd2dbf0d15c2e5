/** Requests that runners hold until a person has decided (Line 15). The asks are objects of their own. */
import type { AskId, RunId, RunnerId } from "../../../protocol/ids.ts";
import { err, ok } from "../../../protocol/result.ts";
import { heldAsks } from "../../domain/approval_held.ts";
import { holdRequest, releaseRequest, type Waiting, withdrawRequest } from "../../domain/approval_hold.ts";
import { actorLabel, authorize, authorizeReading, authorizeUser } from "../../domain/authorize.ts";
import type { GateResolution } from "../../domain/event.ts";
import { decideOnce, remember } from "../../domain/idempotency.ts";
import type { RequestHeld } from "../../domain/job_queue_api.ts";
import { heldJobs } from "../../domain/runner_registry.ts";
import type { Demand } from "../../domain/scope.ts";
import type { OpenQueue } from "../open_queue.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "holdRequest" | "withdrawRequest" | "spendApproval" | "authorizeApproval";

export const approvalHandlers: Handlers<Methods> = {
  holdRequest: async (queue, caller, input) => {
    const { runnerId: named, ...request } = input;
    const held = queue.access.asRunner<RequestHeld>(caller, (draft, runnerId) => {
      if (runnerId !== named) return err({ reason: "not_your_runner", runnerId: named });
      return decideOnce(draft, caller, true, () => {
        const asked = holdRequest(draft, runnerId, request);
        if (!asked.ok) return asked;
        const { askId, digest, expiresAtMs } = asked.value;
        return ok({ askId, digest, expiresAtMs });
      });
    }, { jobId: input.jobId });
    if (!held.ok) return held;
    await queue.core.committed();
    // Who asks right after the answer finds the ask.
    await queue.core.outbox.drain("gate", held.value.askId);
    return held;
  },
  withdrawRequest: async (queue, caller, input) => {
    const done = queue.access.asRunner(caller, (draft, runnerId) => {
      if (runnerId !== input.runnerId) {
        return err({ reason: "not_your_runner" as const, runnerId: input.runnerId });
      }
      withdrawRequest(draft, runnerId, input);
      return ok(null);
    }, { jobId: input.jobId });
    await queue.core.committed();
    await queue.core.outbox.drain("gate", input.askId);
    return done;
  },
  spendApproval: (queue, caller, input) => {
    const { runnerId: named, runId, askId, isSpent } = input;
    return queue.access.asRunner(caller, (draft, runnerId) => {
      if (runnerId !== named) return err({ reason: "not_your_runner" as const, runnerId: named });
      const run = draft.run(runId as RunId);
      if (run?.state.kind !== "active") {
        const outcome = run?.state.kind === "finished" ? run.state.outcome : "lost";
        return err({ reason: "run_finished" as const, runId, outcome });
      }
      const id = `spent ${askId}`;
      const key = caller.once?.key ?? null;
      const before = draft.before.remembered.get(id);
      if (before === undefined && !isSpent) {
        remember(draft, { id, fingerprint: key ?? "", answer: null });
        return ok(null);
      }
      return before !== undefined && before.fingerprint === key
        ? ok(null)
        : err({ reason: "approval_spent" as const, askId });
    }, { runId });
  },
  authorizeApproval: (queue, caller, { runnerId, askId, taskId, to }) => {
    const { core } = queue;
    const kinds = { read: ["runner", "user"], decide: ["user"], settle: ["runner"] } as const;
    const who = authorize(core.state, caller, ...kinds[to]);
    if (!who.ok) return who;
    if (who.value.kind === "runner" && who.value.runnerId !== runnerId) {
      return err({ reason: "not_your_runner", runnerId });
    }
    if (taskId !== null) core.page({ taskId });
    const allowed = to === "decide"
      ? authorizeUser(core.state, caller, demandOf(taskId), core.nowMs())
      : authorizeReading(core.state, caller, taskId, core.nowMs());
    if (!allowed.ok) return allowed;
    const held = heldJobs(core.state, runnerId as RunnerId).flatMap(heldAsks);
    return ok({ actor: actorLabel(who.value), isHeld: held.includes(askId as AskId) });
  },
};

function demandOf(taskId: string | null): Demand {
  return { scope: "gates:decide", ...(taskId === null ? {} : { taskId }) };
}

/** A gate is resolved: if a run waits for it with a request, its runner is told at once. */
export function settleApproval(queue: OpenQueue, resolution: GateResolution): void {
  const waiting = queue.core.run<Waiting | null>(
    (draft) => ok(releaseRequest(draft, resolution)),
    { taskId: resolution.taskId },
  );
  if (!waiting.ok || waiting.value === null) return;
  const { runnerId, jobId, askId } = waiting.value;
  queue.sockets.decided(runnerId, { jobId, requestId: askId });
}
