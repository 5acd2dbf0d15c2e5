/**
 * `TaskLog`: the live output and the timeline of one task, a Durable Object named `owner/project/taskId`. A shell:
 * output comes in by `log_intake.ts`, is read by `log_reader.ts`, goes to viewers by `log_viewers.ts`, and moves to R2
 * by `log_archive.ts`, all over what `log_book.ts` knows.
 *
 * Owns: output rows, timeline and end mark in its SQLite; the output's object in R2; the sockets of its viewers.
 *
 * Invariants
 * 1. (O1, O4) Nobody is answered before what they sent is written, and no `await` stands between deciding and writing.
 * 2. Viewers are told after the write.
 * 3. (O3) One alarm: when the output moves or expires, or the assets do. It may come early, late and twice.
 */
import { DurableObject } from "cloudflare:workers";
import type { TimelineEntry } from "../../protocol/line/log.ts";
import type { RunUsage, UsageInput } from "../../protocol/line/usage.ts";
import { assetPutAtMs, type LoggedEvent, type LogTurn, turnOf } from "../domain/log_ending.ts";
import { closingMarker } from "../domain/output_log.ts";
import type { OutputPace } from "../domain/output_pace.ts";
import { spansOf } from "../domain/output_segment.ts";
import { addUsage, usageOf } from "../domain/run_usage.ts";
import { retentionMs } from "../domain/retention.ts";
import type {
  ChunkAnswer,
  OutputChunk,
  OutputPage,
  OutputShape,
  ReportOutput,
  TaskLogApi,
} from "../domain/task_log_api.ts";
import type { Env } from "../env.ts";
import {
  OUTPUT_IN_OBJECT_MS,
  OUTPUT_READ_MAX_BYTES,
  OUTPUT_READER_WATCHES_MS,
  OUTPUT_RETENTION_DAYS_DEFAULT,
} from "../limits.ts";
import { type ActivityTable, openActivityTable } from "../store/log/activity_table.ts";
import { createLogStore, type LogStore, type WrittenTurn } from "../store/log/store.ts";
import { openLogTables } from "../store/log/tables.ts";
import { createObjectClock, type ObjectClock } from "./clock.ts";
import { createLogArchive, type LogArchive } from "./log_archive.ts";
import { createLogBook, type LogBook } from "./log_book.ts";
import { createLogIntake, type LogIntake } from "./log_intake.ts";
import { bytesOf, createLogReader, type LogReader } from "./log_reader.ts";
import { createLogViewers, type LogViewers } from "./log_viewers.ts";
import { objectName } from "./object_name.ts";

/** See the file's header. */
export class TaskLog extends DurableObject<Env> implements TaskLogApi {
  readonly #clock: ObjectClock;
  readonly #store: LogStore;
  readonly #book: LogBook;
  readonly #reader: LogReader;
  readonly #viewers: LogViewers;
  readonly #intake: LogIntake;
  readonly #archive: LogArchive;
  readonly #activity: ActivityTable;
  /** When somebody last asked over HTTP. Only for the pace of runners: that a sleep forgets it changes nothing. */
  #readAtMs = -Infinity;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const variable = "SHOPFLOOR_OUTPUT_RETENTION_DAYS";
    const keeping = {
      inObjectMs: OUTPUT_IN_OBJECT_MS,
      retentionMs: retentionMs(variable, env[variable], OUTPUT_RETENTION_DAYS_DEFAULT),
    };
    const clock = this.#clock = createObjectClock(ctx.storage, env.SHOPFLOOR_CLOCK);
    const store = this.#store = createLogStore(ctx.storage);
    this.#activity = openActivityTable(ctx.storage);
    const book = this.#book = createLogBook(store);
    const name = () => this.#name();
    const kept = { store, book, bucket: env.BLOBS, name, key: () => `output/${name()}` };
    const reader = this.#reader = createLogReader(kept);
    this.#archive = createLogArchive({ ...kept, reader, keeping, clock });
    const viewers = this.#viewers = createLogViewers({ ctx, book, reader });
    this.#intake = createLogIntake({
      store,
      book,
      nowMs: () => clock.nowMs(),
      onWritten: (frames) => {
        viewers.tell(frames);
        // The first output of a task may come after its end.
        if (book.ended() !== null) this.#arm();
      },
      isWatched: () =>
        ctx.getWebSockets().length > 0 || clock.nowMs() - this.#readAtMs < OUTPUT_READER_WATCHES_MS,
      abort: (reason) => ctx.abort(reason),
    });
    ctx.blockConcurrencyWhile(async () => {
      await openLogTables(ctx.storage);
      viewers.goOn();
      // A log that ended before output could move has neither an alarm nor, for it, a name.
      const end = book.ended();
      if (end === null || end.objectName !== undefined || ctx.id.name === undefined) return;
      if (await ctx.storage.getAlarm() !== null) return;
      objectName(ctx);
      this.#arm();
    });
  }

  async append(chunk: OutputChunk): Promise<ChunkAnswer> {
    return (await this.#intake.append([chunk]))[0]!;
  }

  async appendMany(chunks: readonly OutputChunk[]): Promise<readonly ChunkAnswer[]> {
    return chunks.length === 0 ? [] : await this.#intake.append(chunks);
  }

  async appendReport(output: ReportOutput): Promise<void> {
    await this.#intake.appendReport(output);
  }

  async record(entry: TimelineEntry): Promise<void> {
    await this.recordMany([{ entry, ends: null }]);
  }

  async recordMany(events: readonly LoggedEvent[]): Promise<void> {
    const fresh = this.#book.newEvents(events);
    if (fresh.length === 0) return;
    this.#intake.flush();
    const entries = fresh.map(({ entry }) => entry);
    const turn = this.#turn(turnOf(fresh));
    try {
      this.#store.record(entries, turn, assetPutAtMs(fresh));
    } catch (cause) {
      this.ctx.abort("write_failed");
      throw cause;
    }
    this.#book.addEntries(entries);
    this.#viewers.tellTimeline(entries);
    if (turn !== null) this.#afterTurn(turn);
    if (this.#book.ended() !== null) this.#arm();
  }

  async read(fromOffset: number, bytesMax: number): Promise<OutputPage> {
    this.#intake.flush();
    const facts = this.#book.facts();
    const offset = Math.min(Math.max(this.#book.keptFrom(), fromOffset), facts.totalBytes);
    const slices = await this.#reader.slices(offset, Math.min(bytesMax, OUTPUT_READ_MAX_BYTES));
    return { offset, bytes: bytesOf(slices), ...facts };
  }

  async shape(runId: string | null): Promise<OutputShape> {
    this.#readAtMs = this.#clock.nowMs();
    this.#intake.flush();
    const kept = this.#book.segments().filter((segment) => segment.offset >= this.#book.keptFrom());
    return await Promise.resolve({ spans: spansOf(kept, runId), ...this.#book.facts() });
  }

  async pace(): Promise<OutputPace> {
    this.#intake.flush();
    return await Promise.resolve(this.#book.pace());
  }

  async timeline(): Promise<readonly TimelineEntry[]> {
    return await Promise.resolve(this.#book.timeline());
  }

  async recordUsage(runId: string, input: UsageInput): Promise<void> {
    const known = this.#store.usage();
    const next = addUsage(known, runId, input);
    if (next !== known) this.#store.setUsage(next);
  }

  async usage(runId: string): Promise<RunUsage | null> {
    return await Promise.resolve(usageOf(this.#store.usage(), runId));
  }

  async addActivity(...[runId, stationId, events]: Parameters<TaskLogApi["addActivity"]>) {
    const next = this.#activity.add(runId, stationId, events);
    this.#viewers.tellActivity(runId);
    return await Promise.resolve(next);
  }

  async agentFacts(runId: string) {
    return await Promise.resolve(this.#activity.facts(runId));
  }

  async activity(...[fromId, limit, runId]: Parameters<TaskLogApi["activity"]>) {
    return await Promise.resolve(this.#activity.page(fromId, limit, runId));
  }

  /** A viewer joins. */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return new Response("expected a WebSocket upgrade\n", { status: 426 });
    }
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    this.#intake.flush();
    this.#viewers.join(server, new URL(request.url).searchParams);
    return await Promise.resolve(new Response(null, { status: 101, webSocket: client }));
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#viewers.hear(socket, message);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    // 1005 and 1006 stand for "no code" and may not be sent.
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  override async alarm(): Promise<void> {
    this.#intake.flush();
    await this.#archive.work();
    this.#arm();
  }

  /** Moves this object's clock; refused unless the configuration says `fake`. */
  async advanceClock(ms: number): Promise<void> {
    this.#clock.advance(ms);
    await this.alarm();
  }

  /** A turn with what is written along with it; null when it changes nothing. */
  #turn(turn: LogTurn | null): WrittenTurn | null {
    const ended = this.#book.ended();
    if (turn === null || (turn.kind === "ends") === (ended !== null)) return null;
    if (turn.kind === "goes_on") return turn;
    const { eventId, status } = turn;
    const end = { status, endedAtMs: this.#clock.nowMs(), objectName: this.#name() };
    return { kind: "ends", eventId, end, closing: closingMarker(this.#book.state()) };
  }

  #afterTurn(turn: WrittenTurn): void {
    if (turn.kind === "goes_on") {
      this.#book.setEnded(null);
      this.#viewers.reopen();
      return;
    }
    this.#book.setEnded(turn.end);
    const { closing } = turn;
    if (closing !== null) {
      this.#book.setState({ ...this.#book.state(), totalBytes: closing.offset + closing.bytes.length });
    }
    this.#viewers.goOn();
  }

  /** Kept with the end rather than by itself: until then every call names the object. */
  #name(): string {
    return this.ctx.id.name ?? this.#book.ended()?.objectName ?? objectName(this.ctx);
  }

  #arm(): void {
    const dueMs = this.#archive.nextWorkMs();
    if (dueMs === null) return;
    this.ctx.storage.setAlarm(this.#clock.toPlatformMs(dueMs)).catch(() => this.ctx.abort("alarm_not_set"));
  }
}
