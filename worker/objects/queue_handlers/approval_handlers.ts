/** Requests that runners hold until a person has decided (Line 15). The asks are objects of their own. */
import { err, ok } from "../../../protocol/result.ts";
import { holdRequest, releaseRequest, type Waiting, withdrawRequest } from "../../domain/approval_hold.ts";
import { actorLabel, authorize, authorizeReading, authorizeUser } from "../../domain/authorize.ts";
import type { GateResolution, HeldRequest } from "../../domain/event.ts";
import { decideOnce } from "../../domain/idempotency.ts";
import type { OpenQueue } from "../open_queue.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "holdRequest" | "withdrawRequest" | "authorizeApproval";

export const approvalHandlers: Handlers<Methods> = {
  holdRequest: async (queue, caller, input) => {
    const { runnerId: named, ...request } = input;
    const held = queue.access.asRunner<HeldRequest>(caller, (draft, runnerId) => {
      if (runnerId !== named) return err({ reason: "not_your_runner", runnerId: named });
      return decideOnce(draft, caller, true, () => holdRequest(draft, runnerId, request));
    }, { jobId: input.jobId });
    if (!held.ok) return held;
    await queue.core.committed();
    // Who asks right after the answer finds the ask.
    await queue.core.outbox.drain("gate", held.value.askId);
    return held;
  },
  withdrawRequest: (queue, caller, input) => {
    return queue.access.asRunner(caller, (draft, runnerId) => {
      if (runnerId !== input.runnerId) {
        return err({ reason: "not_your_runner" as const, runnerId: input.runnerId });
      }
      withdrawRequest(draft, runnerId, input);
      return ok(null);
    }, { jobId: input.jobId });
  },
  authorizeApproval: (queue, caller, { runnerId, taskId, to }) => {
    const { core } = queue;
    const who = to === "decide"
      ? authorize(core.state, caller, "user")
      : to === "settle"
      ? authorize(core.state, caller, "runner")
      : authorize(core.state, caller, "runner", "user");
    if (!who.ok) return who;
    if (who.value.kind === "runner") {
      if (who.value.runnerId !== runnerId) return err({ reason: "not_your_runner", runnerId });
      return ok({ actor: `runner:${who.value.name}`, isAdmin: false });
    }
    if (taskId !== null) core.page({ taskId });
    const about = taskId === null ? {} : { taskId };
    const allowed = to === "decide"
      ? authorizeUser(core.state, caller, { scope: "gates:decide", ...about }, core.nowMs())
      : authorizeReading(core.state, caller, taskId, core.nowMs());
    if (!allowed.ok) return allowed;
    const { value: user } = who;
    const actor = user.via === "person" ? actorLabel(user) : `user:${user.name}`;
    return ok({ actor, isAdmin: caller.kind === "admin" });
  },
};

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
