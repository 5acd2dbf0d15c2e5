/** Live output and timeline of a task, as runners send and viewers get it (Line 4.2 `logs`, design 4a). */
import { z } from "zod";

/**
 * POST .../runs/{runId}/jobs/{jobId}/logs: `text/plain`, at most 64 KiB. `sequence` counts chunks of the run from 0
 * and makes a repeated chunk a no-op; without it the chunk is appended. `offset` is the byte offset within the run.
 */
export const logQuery = z.object({
  sequence: z.coerce.number().int().nonnegative().optional(),
  offset: z.coerce.number().int().nonnegative().optional(),
  leaseEpoch: z.coerce.number().int().nonnegative().optional(),
});

export interface LogAnswer {
  readonly ok: true;
  readonly cancel: boolean;
  /** Bytes kept of this run so far; where the next chunk goes. */
  readonly nextOffset: number;
  /**
   * Somebody watches, or has read the output some seconds ago: send what comes at once. Else larger chunks, seldom, are
   * cheaper. Absent from other servers.
   */
  readonly isWatched?: boolean;
}

/** One line of a task's timeline. `kind` is an event name, e.g. `job_queued`. */
export interface TimelineEntry {
  readonly eventId: string;
  readonly atMs: number;
  readonly kind: string;
  readonly stationId: string | null;
  readonly jobId: string | null;
  readonly runId: string | null;
  readonly runnerName: string | null;
  /** A short text for people: a reason, an outcome. */
  readonly detail: string;
}

/** A piece of output; `offset` and `nextOffset` count bytes of the whole task's output, `text` is whole characters. */
export interface OutputFrame {
  readonly kind: "output";
  readonly offset: number;
  /** Where the next piece starts; what to ask for after a lost connection. */
  readonly nextOffset: number;
  readonly runId: string;
  readonly stationId: string;
  readonly text: string;
}

/** Query of `GET .../tasks/{taskId}/log`. The selected bytes are what a `Range` header counts in. */
export const outputQuery = z.object({
  offset: z.coerce.number().int().nonnegative().default(0)
    .meta({ description: "Leaves out the bytes before this one." }),
  run: z.string().min(1).max(64).optional().meta({ description: "Only the output of this run." }),
});

/** What `GET .../tasks/{taskId}/log/pace` answers: when which output came. */
export const paceAnswer = z.object({
  totalBytes: z.number().int(),
  runs: z.array(z.object({ runId: z.string(), stationId: z.string() })),
  moments: z.array(z.tuple([z.number().int(), z.number().int(), z.number().int()])).meta({
    description: "Offset in the task's output, Unix milliseconds at which it was written, index into `runs`.",
  }),
});

/** Query of `GET .../tasks/{taskId}/log/ws`. */
export const viewerQuery = z.object({
  offset: z.coerce.number().int().nonnegative().default(0)
    .meta({ description: "The byte of the task's output to begin with." }),
  acks: z.enum(["true", "false"]).default("false").meta({
    description:
      "`true`: the viewer acknowledges what it has shown, and gets at most a window of output beyond it.",
  }),
  activity: z.enum(["true", "false"]).default("false").meta({
    description:
      "`true`: a frame `activity` says that agents did something; what it was is in the task's events.",
  }),
});

/**
 * What a viewer may say, as JSON text: it has shown the output up to `offset` (a frame's `nextOffset`). From its first
 * acknowledgement on, or with `acks=true` from the beginning, it gets at most a window of output that it has not
 * acknowledged: 256 KiB here. To acknowledge every 64 KiB keeps it moving.
 */
export const viewerMessage = z.object({
  kind: z.literal("ack"),
  offset: z.number().int().nonnegative(),
});
export type ViewerMessage = z.infer<typeof viewerMessage>;

/** Frames that a viewer's WebSocket gets, as JSON text. */
export type ViewerFrame =
  | OutputFrame
  | { readonly kind: "timeline"; readonly entry: TimelineEntry }
  /** An agent's activity has grown; only for who asked for it. */
  | { readonly kind: "activity"; readonly runId: string }
  | { readonly kind: "end"; readonly status: "completed" | "failed" };
