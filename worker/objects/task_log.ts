/**
 * `TaskLog`: the live output and the timeline of one task, a Durable Object named `owner/project/taskId`.
 *
 * Owns: output rows, timeline and end mark in its SQLite; the sockets of its viewers, which hibernate: an idle
 * viewer costs nothing and outlives the object's memory.
 *
 * Invariants
 * 1. (O1, O4) Chunks of one turn of the event loop are placed and written together; nobody is answered before the
 *    write. If it fails nobody is answered at all and the object starts again from its storage.
 * 2. A viewer's replay and the live frames are one fold over the same rows (`domain/viewer_frame.ts`). Replay reads
 *    committed rows and joins the live viewers without an `await` in between: no gap, no piece twice.
 * 3. Viewers are told after the write; a socket that cannot be written to is closed, and its viewer comes back with
 *    the offset where it was.
 */
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "../../migrations/task_log/migrations.js";
import type { TimelineEntry, ViewerFrame } from "../../protocol/line/log.ts";
import { closingMarker, type OutputState, placeChunks } from "../domain/output_log.ts";
import type { OutputChunk, OutputPage, TaskLogApi } from "../domain/task_log_api.ts";
import { flushHeld, frameOutput, type Held } from "../domain/viewer_frame.ts";
import type { Env } from "../env.ts";
import { OUTPUT_READ_MAX_BYTES, OUTPUT_ROW_MAX_BYTES, TASK_OUTPUT_MAX_BYTES } from "../limits.ts";
import { createLogStore, type EndedStatus, type LogStore } from "../store/log/store.ts";

const LIMITS = { capBytes: TASK_OUTPUT_MAX_BYTES, rowMaxBytes: OUTPUT_ROW_MAX_BYTES };
/** A cut character is at most 3 bytes long, so it began in one of the last 3 rows. */
const ROWS_OF_A_CUT_CHARACTER = 3;

interface WaitingChunk {
  readonly chunk: OutputChunk;
  readonly answer: (answer: { nextOffset: number }) => void;
}

/** See the file's header. */
export class TaskLog extends DurableObject<Env> implements TaskLogApi {
  readonly #store: LogStore;
  #state: OutputState | null = null;
  /** What the live viewers' fold holds; undefined until it is needed after a wake-up. */
  #held: Held | undefined;
  #waiting: WaitingChunk[] = [];

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const db = drizzle(ctx.storage);
    this.#store = createLogStore(db);
    ctx.blockConcurrencyWhile(() => migrate(db, migrations));
  }

  append(chunk: OutputChunk): Promise<{ readonly nextOffset: number }> {
    return new Promise((answer) => {
      this.#waiting.push({ chunk, answer });
      if (this.#waiting.length === 1) setTimeout(() => this.#flush(), 0);
    });
  }

  async record(entry: TimelineEntry): Promise<void> {
    if (this.#store.record(entry)) this.#broadcast([{ kind: "timeline", entry }]);
    await Promise.resolve();
  }

  async end(eventId: string, status: EndedStatus): Promise<void> {
    this.#flush();
    if (this.#store.ended() !== null) return;
    const state = this.#load();
    const closing = closingMarker(state);
    const held = this.#heldNow();
    this.#store.end(eventId, status, closing);
    const frames: ViewerFrame[] = flushHeld(held);
    this.#held = null;
    if (closing !== null) {
      this.#state = { ...state, totalBytes: closing.offset + closing.bytes.length };
      frames.push(...frameOutput(null, closing).frames);
    }
    this.#broadcast([...frames, { kind: "end", status }]);
    await Promise.resolve();
  }

  async read(fromOffset: number, bytesMax: number): Promise<OutputPage> {
    this.#flush();
    const { totalBytes } = this.#load();
    const offset = Math.min(Math.max(0, fromOffset), totalBytes);
    const bytes = new Uint8Array(Math.min(bytesMax, OUTPUT_READ_MAX_BYTES, totalBytes - offset));
    let filled = 0;
    if (bytes.length > 0) {
      for (const row of this.#store.rowsFrom(offset)) {
        const part = row.bytes.subarray(Math.max(0, offset - row.offset)).subarray(0, bytes.length - filled);
        bytes.set(part, filled);
        filled += part.length;
        if (filled === bytes.length) break;
      }
    }
    return await Promise.resolve({ offset, bytes, totalBytes, hasEnded: this.#store.ended() !== null });
  }

  async timeline(): Promise<readonly TimelineEntry[]> {
    return await Promise.resolve(this.#store.timeline());
  }

  /** A viewer joins: the timeline, the output from `offset` on, then what comes (2). */
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return new Response("expected a WebSocket upgrade\n", { status: 426 });
    }
    const offset = Number(new URL(request.url).searchParams.get("offset") ?? "0");
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    this.#flush();
    this.ctx.acceptWebSocket(server);
    for (const entry of this.#store.timeline()) send(server, { kind: "timeline", entry });
    this.#replay(server, Number.isSafeInteger(offset) && offset > 0 ? offset : 0);
    return await Promise.resolve(new Response(null, { status: 101, webSocket: client }));
  }

  /** Viewers have nothing to say. */
  override webSocketMessage(): void {}

  override webSocketClose(socket: WebSocket, code: number): void {
    // 1005 and 1006 stand for "no code" and may not be sent.
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  #load(): OutputState {
    return this.#state ??= this.#store.load();
  }

  /** Writes and answers what waits (1). */
  #flush(): void {
    if (this.#waiting.length === 0) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    const before = this.#load();
    const placed = placeChunks(before, waiting.map((w) => w.chunk), LIMITS);
    let held = this.#heldNow();
    try {
      this.#store.commit(placed);
    } catch (cause) {
      this.ctx.abort("write_failed");
      throw cause;
    }
    this.#state = placed.state;
    const frames: ViewerFrame[] = [];
    for (const row of placed.rows) {
      const framed = frameOutput(held, row);
      frames.push(...framed.frames);
      held = framed.held;
    }
    this.#held = held;
    this.#broadcast(frames);
    waiting.forEach((w, i) => w.answer({ nextOffset: placed.nextOffsets[i]! }));
  }

  /** What the fold over all rows holds at their end; found from the last rows after a wake-up. */
  #heldNow(): Held {
    if (this.#held !== undefined) return this.#held;
    const rows = [];
    let offset = this.#load().totalBytes;
    while (rows.length < ROWS_OF_A_CUT_CHARACTER) {
      const row = this.#store.rowBefore(offset);
      if (row === null) break;
      rows.unshift(row);
      offset = row.offset;
    }
    let held: Held = null;
    if (this.#store.ended() === null) { for (const row of rows) held = frameOutput(held, row).held; }
    return this.#held = held;
  }

  #replay(socket: WebSocket, offset: number): void {
    let held: Held = null;
    for (const row of this.#store.rowsFrom(offset)) {
      const skip = Math.max(0, offset - row.offset);
      const framed = frameOutput(held, {
        ...row,
        offset: row.offset + skip,
        bytes: row.bytes.subarray(skip),
      });
      held = framed.held;
      for (const frame of framed.frames) send(socket, frame);
    }
    const status = this.#store.ended();
    if (status === null) return;
    for (const frame of flushHeld(held)) send(socket, frame);
    send(socket, { kind: "end", status });
  }

  #broadcast(frames: readonly ViewerFrame[]): void {
    if (frames.length === 0) return;
    const texts = frames.map((frame) => JSON.stringify(frame));
    for (const socket of this.ctx.getWebSockets()) {
      try {
        for (const text of texts) socket.send(text);
      } catch {
        // The viewer is gone, or going; it joins again from where it was (3).
        socket.close(1011);
      }
    }
  }
}

function send(socket: WebSocket, frame: ViewerFrame): void {
  socket.send(JSON.stringify(frame));
}
