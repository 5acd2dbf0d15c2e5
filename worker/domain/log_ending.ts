/** What a task's log makes of what its queue told it: it is over, it goes on, it has assets to keep. Pure. */
import type { TimelineEntry } from "../../protocol/line/log.ts";
import { ASSET_PUT } from "./task_asset.ts";

/** An entry as the queue delivers it; `ends` is set on the one with which the task ended. */
export interface LoggedEvent {
  readonly entry: TimelineEntry;
  readonly ends: "completed" | "failed" | null;
}

/** The entry with which a task that has ended goes on. */
const GOES_ON = "task_retried";

export type LogTurn =
  | { readonly kind: "ends"; readonly eventId: string; readonly status: "completed" | "failed" }
  | { readonly kind: "goes_on" };

/** What entries that are new make of the log, in their order; null when they leave it as it is. */
export function turnOf(events: readonly LoggedEvent[]): LogTurn | null {
  let turn: LogTurn | null = null;
  for (const { entry, ends } of events) {
    if (ends !== null) turn = { kind: "ends", eventId: entry.eventId, status: ends };
    else if (entry.kind === GOES_ON) turn = { kind: "goes_on" };
  }
  return turn;
}

/** When the last of these entries put an asset into the task; null: none did. */
export function assetPutAtMs(events: readonly LoggedEvent[]): number | null {
  return events.findLast(({ entry }) => entry.kind === ASSET_PUT)?.entry.atMs ?? null;
}
