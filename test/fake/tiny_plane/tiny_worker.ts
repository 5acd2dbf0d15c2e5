/** A Worker with our bindings and nothing else: shows what its configuration and its storage are. */
import { DurableObject } from "cloudflare:workers";
import text from "./hello.sql";

interface TinyEnv {
  readonly JOB_QUEUE: DurableObjectNamespace<Counter>;
  readonly BLOBS: R2Bucket;
  readonly HISTORY_URL: string;
  readonly PUBLIC_URL: string;
  readonly SHOPFLOOR_ADMIN_TOKEN: string;
}

export class Counter extends DurableObject {
  add(): number {
    const count = (this.ctx.storage.kv.get<number>("count") ?? 0) + 1;
    this.ctx.storage.kv.put("count", count);
    return count;
  }
}

export default {
  async fetch(request: Request, env: TinyEnv): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthz") return Response.json({ ok: true });
    if (pathname !== "/add") return new Response(null, { status: 404 });
    const blob = await env.BLOBS.get("blob");
    await env.BLOBS.put("blob", "kept");
    return Response.json({
      count: await env.JOB_QUEUE.getByName("one").add(),
      blob: blob === null ? null : await blob.text(),
      text,
      historyUrl: env.HISTORY_URL,
      publicUrl: env.PUBLIC_URL,
      token: env.SHOPFLOOR_ADMIN_TOKEN,
    });
  },
};
