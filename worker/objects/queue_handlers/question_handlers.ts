/** What routes ask before they go to another object: may this caller? */
import { ok } from "../../../protocol/result.ts";
import { actorLabel, authenticate, authorize, authorizeUser } from "../../domain/authorize.ts";
import { findTask } from "../../domain/find_task.ts";
import { findAsk } from "../../domain/gate_lookup.ts";
import { readOnlyAccess, repositoryAccess } from "../../domain/repository_access.ts";
import { checkGrant, hasScope } from "../../domain/scope.ts";
import { LOG_TOLD_WAIT_MS } from "../../limits.ts";
import type { Handlers } from "./handlers.ts";

type Methods =
  | "authorizeTask"
  | "authorizeGate"
  | "authorizeAsk"
  | "authorizeRepository"
  | "repositoryForGate"
  | "authorizeArtifact"
  | "authorizeReader"
  | "authorizeScope"
  | "authorizeRunner";

export const questionHandlers: Handlers<Methods> = {
  authorizeTask: async (queue, caller, taskId) => {
    const { core } = queue;
    const task = queue.access.asAny(caller, () => findTask(core.state, taskId), { taskId });
    if (!task.ok) return task;
    const { id, state } = task.value;
    core.run((draft) => ok(draft.openLog(id)));
    queue.sockets.watched(id);
    await core.committed();
    // Who reads right now sees what has happened; a log that does not answer holds nobody up.
    await atMost(core.outbox.drain("task_log", id), LOG_TOLD_WAIT_MS);
    return ok({ taskId: id, askId: state.kind === "awaiting_review" ? state.askId : null });
  },
  authorizeGate: async (queue, caller, input) => {
    const known = authorize(queue.core.state, caller, "user");
    if (!known.ok) return known;
    queue.core.page(input);
    const demand = { scope: "gates:decide", taskId: input.taskId } as const;
    const user = authorizeUser(queue.core.state, caller, demand, queue.core.nowMs());
    if (!user.ok) return user;
    const ask = findAsk(queue.core.state, input.taskId, input.gateId, input.lineId);
    if (!ask.ok) return ask;
    await queue.core.committed();
    await queue.core.outbox.drain("gate", ask.value.askId);
    return ok({ ...ask.value, userName: user.value.name });
  },
  authorizeAsk: (queue, caller, { taskId }) => {
    const { core } = queue;
    const known = authorize(core.state, caller, "user", "runner");
    if (!known.ok) return known;
    const principal = actorLabel(known.value);
    if (known.value.kind === "runner") {
      const may = { read: true, decide: false, operate: true };
      return ok({ kind: "runner", principal, isAdmin: false, roles: [], may });
    }
    const { grant } = known.value;
    if (taskId !== null) core.page({ taskId });
    const about = taskId === null ? { lineId: null } : { taskId };
    const allows = (scope: "tasks:read" | "tasks:write" | "gates:decide") =>
      checkGrant(core.state, grant, { ...about, scope }, core.nowMs()).ok;
    const may = { decide: allows("gates:decide"), operate: allows("tasks:write") };
    const roles = caller.kind === "person" ? [caller.role] : caller.kind === "admin" ? ["admin"] : [];
    return ok({
      kind: "user",
      principal,
      isAdmin: roles.includes("admin"),
      roles,
      may: { ...may, read: may.decide || may.operate || allows("tasks:read") },
    });
  },
  authorizeRepository: (queue, caller, input) => {
    const known = authenticate(queue.core.state, caller);
    if (!known.ok) return known;
    queue.core.page(input);
    return repositoryAccess(queue.core.state, caller, input.taskId, queue.core.nowMs());
  },
  repositoryForGate: (queue, taskId) => {
    queue.core.page({ taskId });
    const task = findTask(queue.core.state, taskId);
    if (!task.ok) return task;
    return ok(readOnlyAccess(task.value));
  },
  authorizeArtifact: (queue, caller) => {
    const { state } = queue.core;
    const owner = authorize(state, caller, "job", "user");
    if (!owner.ok) return owner;
    if (owner.value.kind === "job") return ok({ taskId: owner.value.taskId, jobId: owner.value.jobId });
    const allowed = checkGrant(state, owner.value.grant, { scope: "tasks:write" }, queue.core.nowMs());
    return allowed.ok ? ok({ taskId: null, jobId: null }) : allowed;
  },
  authorizeReader: (queue, caller) => {
    return queue.access.asAny(caller, (reader) => {
      const lineId = reader.kind === "user" ? reader.grant?.lineId ?? null : null;
      return ok({ name: actorLabel(reader), lineId });
    });
  },
  authorizeScope: (queue, caller, { scope, isLineFine }) => {
    const { core } = queue;
    const demand = isLineFine ? { scope } : { scope, lineId: null };
    const user = authorizeUser(core.state, caller, demand, core.nowMs());
    if (!user.ok) return user;
    const { grant } = user.value;
    return ok({
      principal: actorLabel(user.value),
      lineId: grant?.lineId ?? null,
      isAdmin: hasScope(grant, "*") && (grant?.lineId ?? null) === null,
      mayDecide: hasScope(grant, "gates:decide"),
    });
  },
  authorizeRunner: (queue, caller) => {
    const runner = authorize(queue.core.state, caller, "runner");
    return runner.ok ? ok({ runnerId: runner.value.runnerId as string }) : runner;
  },
};

/** Waits for a while only. The timer ends with the wait: one that is left keeps the object in memory. */
async function atMost(done: Promise<void>, waitMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitMs);
  await Promise.race([done, promise]);
  clearTimeout(timer);
}
