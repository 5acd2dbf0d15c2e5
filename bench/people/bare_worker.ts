/**
 * The ceilings of the people bench, without routes, tokens or decisions.
 *
 * `GET /view?name=` joins an object's viewers; `POST /append?name=&messages=&bytes=` hands the object so many pieces, one
 * after the other: it writes each as a row and sends it to all of them as the text it was. `POST /write?name=` is one durable
 * write in an object of that name: what an answer to a question cannot do without.
 */
import { DurableObject } from "cloudflare:workers";

interface BareEnv {
  readonly BARE: DurableObjectNamespace<Bare>;
}

/** Writes, and tells everybody. */
export class Bare extends DurableObject<BareEnv> {
  constructor(ctx: DurableObjectState, env: BareEnv) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS pieces (id INTEGER PRIMARY KEY, body TEXT NOT NULL)");
  }

  override async fetch(): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return await Promise.resolve(new Response(null, { status: 101, webSocket: client }));
  }

  append(text: string): void {
    this.write(text);
    for (const socket of this.ctx.getWebSockets()) socket.send(text);
  }

  write(text: string): void {
    this.ctx.storage.sql.exec("INSERT INTO pieces (body) VALUES (?)", text);
  }
}

export default {
  async fetch(request: Request, env: BareEnv): Promise<Response> {
    const url = new URL(request.url);
    const object = env.BARE.getByName(url.searchParams.get("name") ?? "");
    if (url.pathname === "/view") return await object.fetch(request);
    if (url.pathname === "/write") await object.write(await request.text());
    else {
      const text = "a".repeat(Number(url.searchParams.get("bytes")));
      for (let n = 0; n < Number(url.searchParams.get("messages")); n++) await object.append(text);
    }
    return Response.json({ ok: true });
  },
};
