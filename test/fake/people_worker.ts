/**
 * A Worker around `People` for tests, with a stand-in for the ask's object that can be told to refuse.
 * `POST /{binding}/{name}/{method}` calls a method with the arguments in the body.
 */
import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../worker/env.ts";
import { People as RealPeople } from "../../worker/objects/people.ts";

/** The real one, and what a test may do to it. */
export class People extends RealPeople {
  /** Ends the object as the platform may at any time: its memory, and what is under way. */
  forget(): void {
    this.ctx.abort("forgotten for the test");
  }

  rows(query: string): Record<string, unknown>[] {
    return this.ctx.storage.sql.exec(query).toArray();
  }
}

interface Note {
  readonly eventId: string;
  readonly channel: string;
  readonly target: string;
  readonly result: string;
}

/** Makes links, and takes what became of notices, or refuses it. */
export class HumanGate extends DurableObject<Env> {
  issueToken({ holder, channel }: { readonly holder: string; readonly channel: string }) {
    const made = (this.ctx.storage.kv.get<number>("made") ?? 0) + 1;
    this.ctx.storage.kv.put("made", made);
    return { ok: true, value: { token: `secret-link-${made}-of-${holder}-by-${channel}`, expiresAtMs: 1 } };
  }

  noteDelivery(note: Note): void {
    if (this.ctx.storage.kv.get("is_refusing") === true) throw new Error("refused for the test");
    this.ctx.storage.kv.put("notes", [...this.notes(), note]);
  }

  refuse(isRefusing: boolean): void {
    this.ctx.storage.kv.put("is_refusing", isRefusing);
  }

  notes(): readonly Note[] {
    return this.ctx.storage.kv.get("notes") ?? [];
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const [, binding, name = "", method = ""] = new URL(request.url).pathname.split("/").map(
      decodeURIComponent,
    );
    const namespace = binding === "PEOPLE" ? env.PEOPLE : env.HUMAN_GATE;
    const stub = namespace.getByName(name) as unknown as Record<
      string,
      (...a: unknown[]) => Promise<unknown>
    >;
    const args = await request.json() as unknown[];
    return Response.json({ result: await stub[method]!(...args) ?? null });
  },
};
