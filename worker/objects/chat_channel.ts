/**
 * `ChatChannel`: the chat of one job (Line 4.5), a Durable Object named `{owner}/{project}/{jobId}`.
 *
 * Owns: the sockets of the job's operator or runner, and the completions that people wait for. It stores nothing but its
 * name: messages wait in the queue until they were said, and what was replied is on the task's timeline.
 *
 * Invariants
 * 1. Of a job there is one channel: who opens it again takes the place of the one before.
 * 2. A message is said once, to a socket that is open; what was not said waits for the next channel.
 * 3. (O4) The socket hibernates. A completion lives as long as its own request, which keeps the object awake.
 * 4. (O3) One alarm while there is a socket: it ends the chat once the run is over.
 */
import { DurableObject } from "cloudflare:workers";
import { type ChatCall, chatFrame } from "../../protocol/line/chat.ts";
import type { ChatChannelApi } from "../domain/chat_api.ts";
import type { JobQueueApi } from "../domain/job_queue_api.ts";
import type { Env } from "../env.ts";
import { CHAT_LOOK_MS, CHAT_REPLY_MAX_CHARS } from "../limits.ts";
import { type ChatAsked, createChatAsked } from "./chat_asked.ts";
import { createObjectClock, type ObjectClock } from "./clock.ts";
import { objectName } from "./object_name.ts";

const CLOSE_NORMAL = 1000;
const CLOSE_REPLACED = 4000;

/** What a socket knows of itself, through a sleep. */
interface Attached {
  readonly runId: string;
  readonly isModel: boolean;
}

/** See the file's header. */
export class ChatChannel extends DurableObject<Env> implements ChatChannelApi {
  readonly #clock: ObjectClock;
  readonly #asked: ChatAsked;
  #isTelling = false;
  #hasMore = false;
  /** What was said, until the queue knows. */
  #said: { readonly runId: string; readonly ids: readonly string[] } | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#clock = createObjectClock(ctx.storage, env.SHOPFLOOR_CLOCK);
    this.#asked = createChatAsked((call) => {
      const socket = this.#socket();
      return socket !== null && attachedOf(socket).isModel && this.#say(socket, call);
    });
  }

  async wake(): Promise<void> {
    await this.#tellMessages();
  }

  async end(reason: string): Promise<boolean> {
    return await Promise.resolve(this.#hangUp(reason));
  }

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === "/models") return await this.#asked.models();
    if (url.pathname === "/completions") {
      const body = await request.json() as { readonly stream?: boolean };
      return body.stream === true ? this.#asked.stream(body) : await this.#asked.whole(body);
    }
    const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
    for (const before of this.ctx.getWebSockets()) before.close(CLOSE_REPLACED, "another channel was opened");
    this.#asked.dropped();
    this.ctx.acceptWebSocket(server);
    const { searchParams } = url;
    const attached: Attached = {
      runId: searchParams.get("run") ?? "",
      isModel: searchParams.get("model") === "true",
    };
    server.serializeAttachment(attached);
    objectName(this.ctx);
    await this.ctx.storage.setAlarm(this.#clock.toPlatformMs(this.#clock.nowMs() + CHAT_LOOK_MS));
    this.ctx.waitUntil(this.#tellMessages());
    return new Response(null, { status: 101, webSocket: client });
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    if (socket !== this.#socket() || typeof message !== "string") return;
    const frame = readFrame(message);
    if (frame === null) return;
    switch (frame.type) {
      case "chat.reply":
        await this.#tell(attachedOf(socket).runId, {
          toldIds: [],
          reply: frame.text.slice(0, CHAT_REPLY_MAX_CHARS),
        });
        return;
      case "chat.end":
        this.#asked.dropped();
        return socket.close(CLOSE_NORMAL, "the chat is over");
      default:
        this.#asked.heard(frame);
    }
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    // 1005 and 1006 stand for "no code" and may not be sent.
    socket.close(code === 1005 || code === 1006 ? CLOSE_NORMAL : code);
    if (this.#socket() === null) this.#asked.dropped();
  }

  override async alarm(): Promise<void> {
    if (this.#socket() === null) return await this.ctx.storage.deleteAll();
    await this.#tellMessages();
    if (this.#socket() === null) return;
    await this.ctx.storage.setAlarm(this.#clock.toPlatformMs(this.#clock.nowMs() + CHAT_LOOK_MS));
  }

  /** Moves this object's clock; only where SHOPFLOOR_CLOCK is `fake`. */
  async advanceClock(ms: number): Promise<void> {
    this.#clock.advance(ms);
    await this.alarm();
  }

  /** Says what waits, until nothing does. One at a time, so that nothing is said twice. */
  async #tellMessages(): Promise<void> {
    this.#hasMore = true;
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      while (this.#hasMore || this.#said !== null) {
        this.#hasMore = false;
        const runId = this.#said?.runId ?? this.#runId();
        if (runId === null) return;
        // What was said is told even if nobody is there any more: it must not be said again to who comes next.
        const messages = await this.#tell(runId, { toldIds: this.#said?.ids ?? [], reply: null });
        this.#said = null;
        const socket = this.#socket();
        if (messages === null || socket === null || attachedOf(socket).runId !== runId) continue;
        const ids: string[] = [];
        for (const { id, text } of messages) {
          if (!this.#say(socket, { type: "chat.message", jobId: this.#jobId(), text })) break;
          ids.push(id);
        }
        if (ids.length > 0) this.#said = { runId, ids };
      }
    } finally {
      this.#isTelling = false;
    }
  }

  /** Tells the queue; hangs up when the run is over. Null: there is nothing to say. */
  async #tell(runId: string, said: { readonly toldIds: readonly string[]; readonly reply: string | null }) {
    const [owner, project] = objectName(this.ctx).split("/");
    const queue = this.env.JOB_QUEUE.getByName(`${owner}/${project}`) as unknown as JobQueueApi;
    const told = await queue.tellChat({ runId, ...said });
    if (!told.ok) return null;
    if (!told.value.isOver) return told.value.messages;
    if (this.#runId() === runId) this.#hangUp("the run is over");
    return null;
  }

  #hangUp(reason: string): boolean {
    const socket = this.#socket();
    if (socket === null) return false;
    this.#say(socket, { type: "chat.end", jobId: this.#jobId(), reason });
    socket.close(CLOSE_NORMAL, "the chat is over");
    this.#asked.dropped();
    return true;
  }

  #say(socket: WebSocket, call: ChatCall): boolean {
    try {
      socket.send(JSON.stringify(call));
      return true;
    } catch {
      // It closed a moment ago: what was to be said waits.
      return false;
    }
  }

  /** The newest that is open. */
  #socket(): WebSocket | null {
    return this.ctx.getWebSockets().findLast((one) => one.readyState === WebSocket.OPEN) ?? null;
  }

  #runId(): string | null {
    const socket = this.#socket();
    return socket === null ? null : attachedOf(socket).runId;
  }

  #jobId(): string {
    return objectName(this.ctx).split("/")[2]!;
  }
}

function attachedOf(socket: WebSocket): Attached {
  return socket.deserializeAttachment() as Attached;
}

function readFrame(text: string) {
  try {
    const frame = chatFrame.safeParse(JSON.parse(text));
    return frame.success ? frame.data : null;
  } catch {
    return null;
  }
}
