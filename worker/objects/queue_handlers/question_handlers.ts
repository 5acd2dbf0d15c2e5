/** What routes ask before they go to another object: may this caller? */
import { ok } from "../../../protocol/result.ts";
import { authorize } from "../../domain/authorize.ts";
import { findTask } from "../../domain/find_task.ts";
import { findAsk } from "../../domain/gate_lookup.ts";
import { readOnlyAccess, repositoryAccess } from "../../domain/repository_access.ts";
import type { Handlers } from "./handlers.ts";

type Methods =
  | "authorizeTask"
  | "authorizeGate"
  | "authorizeRepository"
  | "repositoryForGate"
  | "authorizeArtifact"
  | "authorizeRunner";

export const questionHandlers: Handlers<Methods> = {
  authorizeTask: (queue, caller, taskId) => {
    return queue.access.asAny(caller, () => {
      const task = findTask(queue.core.state, taskId);
      if (!task.ok) return task;
      const { id, state } = task.value;
      return ok({ taskId: id, askId: state.kind === "awaiting_review" ? state.askId : null });
    }, { taskId });
  },
  authorizeGate: async (queue, caller, input) => {
    queue.core.page(input);
    const user = authorize(queue.core.state, caller, "user");
    if (!user.ok) return user;
    const ask = findAsk(queue.core.state, input.taskId, input.gateId, input.lineId);
    if (!ask.ok) return ask;
    await queue.core.outbox.drain("gate");
    return ok({ ...ask.value, userName: user.value.name });
  },
  authorizeRepository: (queue, caller, input) => {
    queue.core.page(input);
    return repositoryAccess(queue.core.state, caller, input.taskId);
  },
  repositoryForGate: (queue, taskId) => {
    queue.core.page({ taskId });
    const task = findTask(queue.core.state, taskId);
    if (!task.ok) return task;
    return ok(readOnlyAccess(task.value));
  },
  authorizeArtifact: (queue, caller) => {
    const owner = authorize(queue.core.state, caller, "job", "user");
    if (!owner.ok) return owner;
    return ok(
      owner.value.kind === "job"
        ? { taskId: owner.value.taskId, jobId: owner.value.jobId }
        : { taskId: null, jobId: null },
    );
  },
  authorizeRunner: (queue, caller) => {
    const runner = authorize(queue.core.state, caller, "runner");
    return runner.ok ? ok({ runnerId: runner.value.runnerId as string }) : runner;
  },
};
