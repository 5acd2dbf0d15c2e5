/** What may be asked of a `TaskLog` object: one task's live output and timeline. Types only. */
import type { TimelineEntry } from "../../protocol/line/log.ts";

export interface OutputChunk {
  readonly runId: string;
  readonly stationId: string;
  /** Counts the run's chunks from 0; null from runners that do not number them. */
  readonly sequence: number | null;
  /** Byte offset within the run that this chunk starts at; null when unknown. */
  readonly offset: number | null;
  readonly bytes: Uint8Array;
}

export interface OutputPage {
  /** Byte offset within the whole task's output. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly totalBytes: number;
  /** True once the task has ended and nothing more will come. */
  readonly hasEnded: boolean;
}

export interface TaskLogApi {
  /** Idempotent by (runId, sequence): a repeated chunk changes nothing and gets the same answer. */
  append(chunk: OutputChunk): Promise<{ readonly nextOffset: number }>;
  /** Idempotent by event id. */
  record(entry: TimelineEntry): Promise<void>;
  /** The task is over; viewers are told and the log takes no more entries from this event's repeats. */
  end(eventId: string, status: "completed" | "failed"): Promise<void>;
  read(fromOffset: number, bytesMax: number): Promise<OutputPage>;
  timeline(): Promise<readonly TimelineEntry[]>;
  /** Upgrade: GET with `Upgrade: websocket`; query `offset` says from where to replay. Frames: `ViewerFrame`. */
  fetch(request: Request): Promise<Response>;
}
