/** Refusals about assets of tasks: a part of `errors.ts`, with the same words and no default branch either. */
import type { AssetError } from "./domain/asset_row.ts";
import type { QueueError } from "./domain/queue_error.ts";
import { type HttpRefusal, refusal } from "./errors.ts";

const REASONS: Readonly<Record<AssetError["reason"], true>> = {
  too_many_assets: true,
  asset_name_taken: true,
};

export function isAssetError(error: QueueError): error is AssetError {
  return error.reason in REASONS;
}

/** Maps what is said no to. */
export function assetRefusal(error: AssetError): HttpRefusal {
  switch (error.reason) {
    case "too_many_assets":
      return refusal(
        409,
        "too_many_assets",
        error.of === "task"
          ? `Cannot put asset as a task may have at most ${error.assetsMax}: it has them`
          : `Cannot put asset as at most ${error.assetsMax} may be put into a task, with those that were replaced: they were`,
        { assetsMax: error.assetsMax },
      );
    case "asset_name_taken":
      return refusal(
        409,
        "asset_name_taken",
        `Cannot put asset '${error.name}' as some machines take its name for that of '${error.by}', which the task has`,
      );
  }
}
