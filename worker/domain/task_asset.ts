/**
 * A task's assets: what is put, replaced and deleted, and what a job gets of it (Line 2.7). Pure; the bytes are in object
 * storage, by what is in them.
 *
 * Invariants:
 *   TA1  A job names what was there when it was claimed, by content. What is replaced or deleted afterwards keeps its bytes
 *        as long as the task keeps any, so that a run that is fetching them gets them.
 *   TA2  Whoever puts the first asset opens the task's log, which deletes the bytes when their time is over.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { TaskId } from "../../protocol/ids.ts";
import { type AssetData, assetPlace, type JobAsset } from "../../protocol/line/task_asset.ts";
import { TASK_ASSET_PUTS_MAX, TASK_ASSETS_MAX } from "../limits.ts";
import type { TaskAsset } from "./asset_row.ts";
import type { Draft } from "./draft.ts";
import { findTask } from "./find_task.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { Task } from "./queue_state.ts";
import { putTask } from "./task.ts";

/** What is put; `size` in bytes, `sha256` in hex, `type` the media type. */
export type AssetToPut = Omit<TaskAsset, "putAtMs">;

/** The event of the timeline by which a task's log knows that there are bytes to delete one day. */
export const ASSET_PUT = "asset_put";

/** Puts an asset in place of the one of that name, if there is one. The same again changes nothing. */
export function putAsset(
  draft: Draft,
  actor: string,
  taskId: TaskId,
  asset: AssetToPut,
): Result<TaskAsset, QueueError> {
  const found = findTask(draft.before, taskId);
  if (!found.ok) return found;
  const task = found.value;
  const same = task.assets?.find(({ name }) => name === asset.name);
  if (same !== undefined && same.sha256 === asset.sha256 && same.type === asset.type) return ok(same);
  const room = roomForAsset(task, asset.name);
  if (!room.ok) return room;
  const put: TaskAsset = { ...asset, putAtMs: draft.nowMs };
  const others = (task.assets ?? []).filter((other) => other !== same);
  putTask(draft, { ...task, assets: [...others, put], assetPuts: (task.assetPuts ?? 0) + 1 });
  draft.openLog(task.id);
  const detail = `${asset.name}, ${asset.size} bytes`;
  draft.note(task, ASSET_PUT, { stationId: task.stationId, detail });
  draft.audit(ASSET_PUT, actor, { taskId, subject: `asset:${asset.name}`, detail: asset.sha256 });
  return ok(put);
}

/** Takes an asset away from jobs to come. */
export function deleteAsset(
  draft: Draft,
  actor: string,
  taskId: TaskId,
  name: string,
): Result<null, QueueError> {
  const found = findTask(draft.before, taskId);
  if (!found.ok) return found;
  const task = found.value;
  const asset = task.assets?.find((one) => one.name === name);
  if (asset === undefined) return err({ reason: "not_found", what: "asset", id: name });
  putTask(draft, { ...task, assets: task.assets!.filter((one) => one !== asset) });
  draft.note(task, "asset_deleted", { stationId: task.stationId, detail: name });
  draft.audit("asset_deleted", actor, { taskId, subject: `asset:${name}`, detail: asset.sha256 });
  return ok(null);
}

/** May an asset of that name be put? Two names that are one file on some machines are one too many. */
export function roomForAsset(task: Task, name: string): Result<null, QueueError> {
  const others = (task.assets ?? []).filter((asset) => asset.name !== name);
  const twin = others.find((other) => assetPlace(other.name) === assetPlace(name));
  if (twin !== undefined) return err({ reason: "asset_name_taken", name, by: twin.name });
  if (others.length >= TASK_ASSETS_MAX) {
    return err({ reason: "too_many_assets", of: "task", assetsMax: TASK_ASSETS_MAX });
  }
  if ((task.assetPuts ?? 0) >= TASK_ASSET_PUTS_MAX) {
    return err({ reason: "too_many_assets", of: "puts", assetsMax: TASK_ASSET_PUTS_MAX });
  }
  return ok(null);
}

/** Where an asset is read, by what is in it. */
function assetUrl(at: AssetPlace, taskId: string, { name, sha256 }: TaskAsset): string {
  const [owner, project, file] = [at.owner, at.project, name].map(encodeURIComponent);
  const path = `/api/owners/${owner}/projects/${project}/tasks/${taskId}/assets/${file}`;
  return `${at.baseUrl}${path}?sha256=${sha256}`;
}

/** Of which project, and how it is reached. */
export interface AssetPlace {
  readonly baseUrl: string;
  readonly owner: string;
  readonly project: string;
}

/** As it goes out to people. */
export function assetView(at: AssetPlace, taskId: string, asset: TaskAsset): AssetData {
  const { putAtMs, ...rest } = asset;
  return { ...rest, url: assetUrl(at, taskId, asset), putAt: putAtMs };
}

/** As a job carries them, with the reference's names; nothing for a task without any. */
export function jobAssets(
  at: AssetPlace,
  { id, assets = [] }: Pick<Task, "id" | "assets">,
): { readonly taskAssets?: readonly JobAsset[] } {
  if (assets.length === 0) return {};
  return {
    taskAssets: assets.map((asset) => ({
      fileName: asset.name,
      mimeType: asset.type,
      size: asset.size,
      sha256: asset.sha256,
      url: assetUrl(at, id, asset),
    })),
  };
}
