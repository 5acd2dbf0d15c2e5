/**
 * The viewers of one task's log: WebSockets that hibernate. Each has a place in the output, attached to its socket, so
 * that an idle viewer costs nothing and outlives the object's memory.
 *
 * Invariants
 * 1. A viewer's frames are one fold over the stored output from where it joined (`domain/viewer_frame.ts`): no gap,
 *    no piece twice. Live frames go to who stands exactly where they begin; who does not is pumped from storage.
 * 2. One pump per viewer; it leaves in the turn in which it found nothing more, so that no live frame falls between.
 * 3. Nobody's unread output is kept here: a viewer that acknowledges gets at most a window beyond what it has shown
 *    (`domain/viewer_credit.ts`), one that does not is sent a page at a time.
 * 4. A socket that cannot be written to is closed; its viewer comes back with the offset where it was.
 */
import { type OutputFrame, type TimelineEntry, viewerMessage } from "../../protocol/line/log.ts";
import { hasCredit, pageBytes } from "../domain/viewer_credit.ts";
import { flushHeld, frameOutput, type Held } from "../domain/viewer_frame.ts";
import { VIEWER_MESSAGE_MAX_CHARS, VIEWER_PAGE_PAUSE_MS } from "../limits.ts";
import type { LogBook } from "./log_book.ts";
import type { LogReader } from "./log_reader.ts";

/** Where a viewer is. */
interface Place {
  /** What it gets next. */
  readonly at: number;
  /** What it has shown; null for a viewer that does not say. */
  readonly acked: number | null;
  /** It has got the end. */
  readonly isOver: boolean;
  /** It hears when agents do something. Absent: it does not. */
  readonly hearsActivity?: true;
}

export interface LogViewers {
  /** Gives a new viewer the timeline, then the output from `offset` on, then what comes. `wants`: `protocol/line/log.ts`. */
  join(socket: WebSocket, wants: URLSearchParams): void;
  /** After rows were written: their frames. */
  tell(frames: readonly OutputFrame[]): void;
  tellTimeline(entries: readonly TimelineEntry[]): void;
  /** The agent of a run did something. */
  tellActivity(runId: string): void;
  /** A message of a viewer; what is no acknowledgement is ignored. */
  hear(socket: WebSocket, message: string | ArrayBuffer): void;
  /** Looks after everybody: after a wake-up, and when the task has ended. */
  goOn(): void;
  /** The task is tried again: who has got its end gets what comes now. */
  reopen(): void;
}

/** Makes the viewers of one log from the sockets that the platform keeps. */
export function createLogViewers(
  { ctx, book, reader }: {
    readonly ctx: DurableObjectState;
    readonly book: LogBook;
    readonly reader: LogReader;
  },
): LogViewers {
  const pumped = new Set<WebSocket>();

  async function pump(socket: WebSocket): Promise<void> {
    if (pumped.has(socket)) return;
    pumped.add(socket);
    try {
      while (await pumpPage(socket)) { /* until nothing may be sent */ }
    } catch {
      close(socket);
    } finally {
      pumped.delete(socket);
    }
  }

  /** Sends one page; false when there is nothing more for now, or it may not be sent yet. */
  async function pumpPage(socket: WebSocket): Promise<boolean> {
    const { at, acked, isOver } = placeOf(socket);
    if (isOver) return false;
    const isBehind = at < book.state().totalBytes;
    const bytesMax = pageBytes(at, acked);
    if (isBehind && bytesMax <= 0) return false;
    const slices = isBehind ? await reader.slices(at, bytesMax) : [];
    if (isBehind && slices.length === 0) {
      throw new Error("Cannot go on as the output must be there: it has expired");
    }
    const frames: OutputFrame[] = [];
    let held: Held = null;
    let end = at;
    for (const slice of slices) {
      const framed = frameOutput(held, slice);
      frames.push(...framed.frames);
      held = framed.held;
      end = slice.offset + slice.bytes.length;
    }
    // From here to the return nothing waits (2).
    const isLast = end >= book.state().totalBytes;
    const ended = book.ended();
    const isEnd = isLast && ended !== null;
    if (isEnd) frames.push(...flushHeld(held));
    for (const frame of frames) socket.send(JSON.stringify(frame));
    const nextAt = isEnd || held === null ? end : held.offset;
    if (isEnd) socket.send(JSON.stringify({ kind: "end", status: ended.status }));
    keep(socket, { ...placeOf(socket), at: nextAt, isOver: isEnd });
    if (isLast || nextAt <= at) return false;
    if (placeOf(socket).acked === null) await new Promise((go) => setTimeout(go, VIEWER_PAGE_PAUSE_MS));
    return true;
  }

  function tellOne(socket: WebSocket, frames: readonly OutputFrame[], texts: readonly string[]): void {
    const place = placeOf(socket);
    if (place.isOver || pumped.has(socket)) return;
    if (place.at !== frames[0]!.offset) return void pump(socket);
    let at = place.at;
    for (const [i, frame] of frames.entries()) {
      if (!hasCredit(frame.nextOffset, place.acked)) break;
      socket.send(texts[i]!);
      at = frame.nextOffset;
    }
    keep(socket, { ...place, at });
  }

  /** Does it for everybody, whoever of them is gone (4). */
  function everybody(act: (socket: WebSocket) => void): void {
    for (const socket of ctx.getWebSockets()) {
      try {
        act(socket);
      } catch {
        close(socket);
      }
    }
  }

  return {
    join: (socket, wants) => {
      const offset = Number(wants.get("offset") ?? "0");
      const acks = wants.get("acks") === "true";
      const at = Math.max(Number.isSafeInteger(offset) ? offset : 0, book.keptFrom());
      const hears = wants.get("activity") === "true" ? { hearsActivity: true } as const : {};
      keep(socket, { at, acked: acks ? at : null, isOver: false, ...hears });
      ctx.acceptWebSocket(socket);
      for (const entry of book.timeline()) socket.send(JSON.stringify({ kind: "timeline", entry }));
      void pump(socket);
    },
    tell: (frames) => {
      if (frames.length === 0) return;
      const texts = frames.map((frame) => JSON.stringify(frame));
      everybody((socket) => tellOne(socket, frames, texts));
    },
    tellTimeline: (entries) => {
      const texts = entries.map((entry) => JSON.stringify({ kind: "timeline", entry }));
      everybody((socket) => texts.forEach((text) => socket.send(text)));
    },
    tellActivity: (runId) => {
      const text = JSON.stringify({ kind: "activity", runId });
      everybody((socket) => placeOf(socket).hearsActivity === true && socket.send(text));
    },
    hear: (socket, message) => {
      const ack = readMessage(message);
      if (ack === null) return;
      const place = placeOf(socket);
      keep(socket, { ...place, acked: Math.max(place.acked ?? 0, Math.min(ack.offset, place.at)) });
      void pump(socket);
    },
    goOn: () => everybody((socket) => void pump(socket)),
    reopen: () => everybody((socket) => keep(socket, { ...placeOf(socket), isOver: false })),
  };
}

function placeOf(socket: WebSocket): Place {
  return socket.deserializeAttachment() as Place;
}

function keep(socket: WebSocket, place: Place): void {
  socket.serializeAttachment(place);
}

function close(socket: WebSocket): void {
  socket.close(1011);
}

function readMessage(message: string | ArrayBuffer): { readonly offset: number } | null {
  if (typeof message !== "string" || message.length > VIEWER_MESSAGE_MAX_CHARS) return null;
  try {
    return viewerMessage.safeParse(JSON.parse(message)).data ?? null;
  } catch {
    return null;
  }
}
