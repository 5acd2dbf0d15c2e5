/**
 * The ceiling of the output bench: an object that takes chunks over a WebSocket and appends them, and nothing else. The
 * chunks of one turn of the event loop are joined into rows of at most 256 KiB, their answers behind the write.
 *
 * A message is a sequence number of 4 bytes and chunks of 2,000 bytes, end to end; its answer is `ok`.
 */
import { DurableObject } from "cloudflare:workers";

const ROW_MAX_BYTES = 256 * 1024;
const HEADER_BYTES = 4;

interface BareEnv {
  readonly BARE: DurableObjectNamespace;
}

/** Appends. */
export class Bare extends DurableObject<BareEnv> {
  #waiting: { readonly bytes: Uint8Array; readonly socket: WebSocket }[] = [];

  constructor(ctx: DurableObjectState, env: BareEnv) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS output (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)");
  }

  override async fetch(): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return await Promise.resolve(new Response(null, { status: 101, webSocket: client }));
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#waiting.push({ bytes: new Uint8Array(message as ArrayBuffer, HEADER_BYTES), socket });
    if (this.#waiting.length === 1) setTimeout(() => this.#commit(), 0);
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close(1000);
  }

  #commit(): void {
    const taken = this.#waiting;
    this.#waiting = [];
    let row: Uint8Array[] = [];
    let rowBytes = 0;
    const write = () => {
      const bytes = new Uint8Array(rowBytes);
      let at = 0;
      for (const part of row) {
        bytes.set(part, at);
        at += part.length;
      }
      this.ctx.storage.sql.exec("INSERT INTO output (bytes) VALUES (?)", bytes);
      row = [];
      rowBytes = 0;
    };
    for (const { bytes } of taken) {
      if (rowBytes + bytes.length > ROW_MAX_BYTES) write();
      row.push(bytes);
      rowBytes += bytes.length;
    }
    if (rowBytes > 0) write();
    for (const { socket } of taken) socket.send("ok");
  }
}

export default {
  async fetch(request: Request, env: BareEnv): Promise<Response> {
    const name = new URL(request.url).searchParams.get("name") ?? "";
    return await env.BARE.getByName(name).fetch(request);
  },
};
