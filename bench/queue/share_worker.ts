/**
 * The bare Worker of P10: what our Worker does for a small GET and a small PATCH, without routes, checks and tokens. The
 * object's part is there: an answer of the same size, and for the PATCH a row per turn, as for any durable step.
 */
import { DurableObject } from "cloudflare:workers";

interface ShareEnv {
  readonly SHARE: DurableObjectNamespace<Share>;
}

export class Share extends DurableObject<ShareEnv> {
  #line: unknown = null;
  #waiting: (() => void)[] = [];

  constructor(ctx: DurableObjectState, env: ShareEnv) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, reports INTEGER NOT NULL)");
  }

  async put(line: unknown): Promise<void> {
    this.#line = line;
  }

  async read(): Promise<unknown> {
    return this.#line;
  }

  async report(_report: unknown): Promise<unknown> {
    await new Promise<void>((resolve) => {
      if (this.#waiting.push(resolve) === 1) setTimeout(() => this.#commit(), 0);
    });
    return { ok: true, cancel: false, leaseUntil: Date.now() };
  }

  #commit(): void {
    const group = this.#waiting;
    this.#waiting = [];
    this.ctx.storage.sql.exec("INSERT INTO log (reports) VALUES (?)", group.length);
    for (const resolve of group) resolve();
  }
}

export default {
  async fetch(request: Request, env: ShareEnv): Promise<Response> {
    const object = env.SHARE.getByName("share");
    if (request.method === "GET") return Response.json(await object.read());
    if (request.method === "PATCH") return Response.json(await object.report(await request.json()));
    await object.put(await request.json());
    return new Response("ok");
  },
};
