/** Assets of tasks: who may put, delete and read them. What comes of it is decided in `domain/task_asset.ts`. */
import type { TaskId } from "../../../protocol/ids.ts";
import { ok } from "../../../protocol/result.ts";
import { authorize, authorizeUser } from "../../domain/authorize.ts";
import { findTask } from "../../domain/find_task.ts";
import { recallAnswer } from "../../domain/idempotency.ts";
import { assetView, deleteAsset, putAsset, roomForAsset } from "../../domain/task_asset.ts";
import type { OpenQueue } from "../open_queue.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "authorizeAsset" | "putAsset" | "deleteAsset" | "listAssets" | "readAsset";

export const assetHandlers: Handlers<Methods> = {
  authorizeAsset: (queue, caller, { taskId, name }) => {
    const { core } = queue;
    const known = authorize(core.state, caller, "user");
    if (!known.ok) return known;
    core.page({ taskId });
    const user = authorizeUser(core.state, caller, { scope: "tasks:write", taskId }, core.nowMs());
    if (!user.ok) return user;
    const before = recallAnswer(core.state, caller, core.nowMs());
    if (before !== null) return before.ok ? ok(null) : before;
    const task = findTask(core.state, taskId);
    return task.ok ? roomForAsset(task.value, name) : task;
  },
  putAsset: (queue, caller, { taskId, asset, baseUrl }) =>
    queue.access.asUser(caller, { scope: "tasks:write", taskId }, (draft, actor) => {
      const put = putAsset(draft, actor, taskId as TaskId, asset);
      return put.ok ? ok(assetView(placeOf(queue, baseUrl), taskId, put.value)) : put;
    }, { taskId }),
  deleteAsset: (queue, caller, { taskId, name }) =>
    queue.access.asUser(
      caller,
      { scope: "tasks:write", taskId },
      (draft, actor) => deleteAsset(draft, actor, taskId as TaskId, name),
      { taskId },
    ),
  listAssets: (queue, caller, { taskId, baseUrl }) =>
    queue.access.asAny(caller, () => {
      const task = findTask(queue.core.state, taskId);
      if (!task.ok) return task;
      const at = placeOf(queue, baseUrl);
      return ok((task.value.assets ?? []).map((asset) => assetView(at, taskId, asset)));
    }, { taskId }),
  readAsset: (queue, caller, { taskId, name }) =>
    queue.access.asAny(caller, () => {
      const task = findTask(queue.core.state, taskId);
      if (!task.ok) return task;
      return ok(task.value.assets?.find((asset) => asset.name === name) ?? null);
    }, { taskId }),
};

function placeOf({ core }: OpenQueue, baseUrl: string) {
  const { owner, project } = core.state.settings;
  return { baseUrl, owner, project };
}
