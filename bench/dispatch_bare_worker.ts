/** The floor of the dispatch bench: a Worker that asks an object which stores nothing and decides nothing. */
import { DurableObject } from "cloudflare:workers";

/** Answers. */
export class Bare extends DurableObject {
  answer(): { readonly ok: true } {
    return { ok: true };
  }
}

interface BareEnv {
  readonly BARE: { getByName(name: string): { answer(): Promise<{ readonly ok: true }> } };
}

export default {
  async fetch(_request: Request, env: BareEnv): Promise<Response> {
    return Response.json(await env.BARE.getByName("bare").answer());
  },
};
