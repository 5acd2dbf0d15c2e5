/**
 * The ceiling of the queue bench: a Worker without routes, checks or tokens before an object that writes what it is sent.
 * `POST /write?mode=` is one operation over HTTP, `GET /socket?mode=` a WebSocket on which each message is one.
 *
 * `naive`: a row per operation. `group`: a row per turn of the event loop, for all the operations that came in it, with
 * their answers behind it.
 */
import { DurableObject } from "cloudflare:workers";

type Mode = "naive" | "group";

interface CeilingEnv {
  readonly CEILING: DurableObjectNamespace<Ceiling>;
}

/** Writes, and answers when it is written. */
export class Ceiling extends DurableObject<CeilingEnv> {
  #waiting: { readonly operation: string; readonly answer: () => void }[] = [];

  constructor(ctx: DurableObjectState, env: CeilingEnv) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, operations TEXT NOT NULL)");
  }

  async write(operation: string, mode: Mode): Promise<void> {
    if (mode === "naive") return this.#insert(operation);
    await new Promise<void>((answer) => this.#join(operation, answer));
  }

  override async fetch(request: Request): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, [new URL(request.url).searchParams.get("mode")!]);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const operation = String(message);
    const answer = () => socket.send("ok");
    if (this.ctx.getTags(socket)[0] === "group") return this.#join(operation, answer);
    this.#insert(operation);
    answer();
  }

  #join(operation: string, answer: () => void): void {
    this.#waiting.push({ operation, answer });
    if (this.#waiting.length === 1) setTimeout(() => this.#commit(), 0);
  }

  #commit(): void {
    const group = this.#waiting;
    this.#waiting = [];
    this.#insert(group.map(({ operation }) => operation).join("\n"));
    for (const { answer } of group) answer();
  }

  #insert(operations: string): void {
    this.ctx.storage.sql.exec("INSERT INTO log (operations) VALUES (?)", operations);
  }
}

export default {
  async fetch(request: Request, env: CeilingEnv): Promise<Response> {
    const url = new URL(request.url);
    const object = env.CEILING.getByName("ceiling");
    if (url.pathname === "/socket") return await object.fetch(request);
    await object.write(await request.text(), url.searchParams.get("mode") as Mode);
    return new Response("ok");
  },
};
