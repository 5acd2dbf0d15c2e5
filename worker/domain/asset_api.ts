/** What a `JobQueue` answers about the assets of tasks. Types only. */
import type { AssetData } from "../../protocol/line/task_asset.ts";
import type { Result } from "../../protocol/result.ts";
import type { TaskAsset } from "./asset_row.ts";
import type { Caller } from "./caller.ts";
import type { QueueError } from "./queue_error.ts";
import type { AssetToPut } from "./task_asset.ts";

type Answer<T> = Promise<Result<T, QueueError>>;

export interface AssetQueueApi {
  /** May this user put an asset of that name? Asked before its bytes are read; {@link putAsset} asks again. */
  authorizeAsset(caller: Caller, input: { readonly taskId: string; readonly name: string }): Answer<null>;
  /** The bytes must be in storage by now. */
  putAsset(
    caller: Caller,
    input: { readonly taskId: string; readonly asset: AssetToPut; readonly baseUrl: string },
  ): Answer<AssetData>;
  /** Its bytes stay as long as the task keeps any. */
  deleteAsset(caller: Caller, input: { readonly taskId: string; readonly name: string }): Answer<null>;
  listAssets(
    caller: Caller,
    input: { readonly taskId: string; readonly baseUrl: string },
  ): Answer<readonly AssetData[]>;
  /** Null: the task has none of that name now. Refused for whoever may not read the task. */
  readAsset(
    caller: Caller,
    input: { readonly taskId: string; readonly name: string },
  ): Answer<TaskAsset | null>;
}
