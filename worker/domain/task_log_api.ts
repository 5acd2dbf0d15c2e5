/** What may be asked of a `TaskLog` object: one task's live output and timeline. Types only. */
import type { ActivityEntry, WireAgentEvent } from "../../protocol/agent/events.ts";
import type { TimelineEntry } from "../../protocol/line/log.ts";
import type { RunUsage, UsageInput } from "../../protocol/line/usage.ts";
import type { ByteSpan } from "./byte_range.ts";
import type { LoggedEvent } from "./log_ending.ts";
import type { OutputPace } from "./output_pace.ts";

export interface OutputChunk {
  readonly runId: string;
  readonly stationId: string;
  /** Counts the run's chunks from 0; null from runners that do not number them. */
  readonly sequence: number | null;
  /** Byte offset within the run that this chunk starts at; null when unknown. */
  readonly offset: number | null;
  readonly bytes: Uint8Array;
}

/** Output that came with a report. */
export interface ReportOutput extends Pick<OutputChunk, "runId" | "stationId" | "bytes"> {
  /** Of the bytes, by which they are known when they come again. */
  readonly digest: string;
}

export interface ChunkAnswer {
  /** Bytes taken of this run so far; where the next chunk goes. */
  readonly nextOffset: number;
  /** Somebody looks at this: a runner that saves up output for larger chunks had better send at once. */
  readonly isWatched: boolean;
}

export interface OutputPage {
  /** Byte offset within the whole task's output. */
  readonly offset: number;
  /** Empty once the output has expired. */
  readonly bytes: Uint8Array;
  readonly totalBytes: number;
  /** True once the task has ended and nothing more will come. */
  readonly hasEnded: boolean;
  /** When the output was deleted; null while it is kept. */
  readonly expiredAtMs: number | null;
}

/** Which bytes there are to read. */
export interface OutputShape extends Omit<OutputPage, "offset" | "bytes"> {
  /** Where in the whole task's output the asked bytes lie, in order. */
  readonly spans: readonly ByteSpan[];
}

/** How a run's agent is, as far as its activity says. */
export interface AgentFacts {
  /** Its last change of phase or activity; null: it told none. */
  readonly status: ActivityEntry | null;
  /** The last state of its newest messages, by their ids. */
  readonly messages: Readonly<Record<string, ActivityEntry>>;
}

export interface TaskLogApi {
  /** Idempotent by (runId, sequence): a repeated chunk changes nothing and gets the same answer. */
  append(chunk: OutputChunk): Promise<ChunkAnswer>;
  /** The same for several chunks, of one run or of several, in order; one answer for each. Written together. */
  appendMany(chunks: readonly OutputChunk[]): Promise<readonly ChunkAnswer[]>;
  /**
   * Appends output that came with a report, which counts nothing: what the run's last report brought, word for word, is
   * that report again, and is not appended.
   */
  appendReport(output: ReportOutput): Promise<void>;
  /**
   * Adds events of a run's agent, which ascend; idempotent by (runId, sequence). Answers the sequence that is expected next.
   */
  addActivity(runId: string, stationId: string, events: readonly WireAgentEvent[]): Promise<number>;
  /** A page of all runs' events, or of one's, in the order of arrival, from an id on (null: the newest); one more than a page says that there is more. */
  activity(fromId: number | null, limit: number, runId: string | null): Promise<readonly ActivityEntry[]>;
  /** The newest of what tells how a run's agent is. */
  agentFacts(runId: string): Promise<AgentFacts>;
  /** Idempotent by event id. */
  record(entry: TimelineEntry): Promise<void>;
  /**
   * The same for what was delivered together, in order. With the entry that ends the task viewers are told and the log is
   * over, until an entry says that the task is tried again.
   */
  recordMany(events: readonly LoggedEvent[]): Promise<void>;
  read(fromOffset: number, bytesMax: number): Promise<OutputPage>;
  /** What there is to read of the task, or of one run of it. Whoever asks is taken for watching it for some seconds. */
  shape(runId: string | null): Promise<OutputShape>;
  /** When which output came: for showing it again as it was printed. Empty once the output has expired. */
  pace(): Promise<OutputPace>;
  timeline(): Promise<readonly TimelineEntry[]>;
  /** Idempotent by (runId, time of the point). The caller has made sure that the run is one of the task's. */
  recordUsage(runId: string, input: UsageInput): Promise<void>;
  /** What a run used; null when its runner never said. */
  usage(runId: string): Promise<RunUsage | null>;
  /**
   * Upgrade: GET with `Upgrade: websocket`; query `offset` says from where to replay, `acks=true` that the viewer will
   * acknowledge. Frames to the viewer: `ViewerFrame`; from it: `ViewerMessage`.
   */
  fetch(request: Request): Promise<Response>;
}
