/**
 * A Worker around `HumanGate` and `TaskLog` for tests, with a stand-in for the queue that can be told to refuse.
 * `GET /log/{name}` is passed on to the log of that name, so that a test can join as a viewer;
 * `POST /{binding}/{name}/{method}` calls a method with the arguments in the body, bytes as `{"$bytes": BASE64}`;
 * the method `appendAll` of a log appends each argument, and `actTogether` of a gate acts with each list of arguments, without
 * waiting in between;
 * `GET`, `PUT` and `DELETE /blobs/{key}` reach the bucket.
 */
import { DurableObject } from "cloudflare:workers";
import { Buffer } from "node:buffer";
import migrations from "../../migrations/task_log/migrations.js";
import type { GateAuditHead, GateResolution } from "../../worker/domain/event.ts";
import { DEFAULT_POLICY, type GatePolicy } from "../../worker/domain/gate/policy.ts";
import type { GateEvent, PersonIdentity, ResolvedTarget } from "../../worker/domain/people_api.ts";
import type { OutputChunk } from "../../worker/domain/task_log_api.ts";
import type { Env } from "../../worker/env.ts";
import { HumanGate } from "../../worker/objects/human_gate.ts";
import { TaskLog as RealTaskLog } from "../../worker/objects/task_log.ts";

export { HumanGate };

/** The real log, over a bucket that can be told to fail, and during whose calls output may come. */
export class TaskLog extends RealTaskLog {
  constructor(ctx: DurableObjectState, env: Env) {
    let log: TaskLog | null = null;
    const meddle = async () => {
      if (ctx.storage.kv.get("is_bucket_broken") === true) throw new Error("broken for the test");
      const late = log?.ctx.storage.kv.get<OutputChunk>("late_chunk");
      if (late === undefined) return;
      ctx.storage.kv.delete("late_chunk");
      await log?.append(late);
    };
    super(ctx, { ...env, BLOBS: meddled(env.BLOBS, meddle) });
    log = this;
  }

  appendWithinBucketCall(chunk: OutputChunk): void {
    this.ctx.storage.kv.put("late_chunk", chunk);
  }

  breakBucket(isBroken: boolean): void {
    this.ctx.storage.kv.put("is_bucket_broken", isBroken);
  }

  becomeOld(statements: readonly string[]): void {
    const { sql } = this.ctx.storage;
    for (const table of ["output", "timeline_batches", "facts", "__drizzle_migrations"]) {
      sql.exec(`DROP TABLE ${table}`);
    }
    const first = migrations.migrations.m0000.split("--> statement-breakpoint");
    const marks = [
      "CREATE TABLE __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)",
      `INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('', ${
        migrations.journal.entries[0]!.when
      })`,
    ];
    for (const statement of [...first, ...marks, ...statements]) sql.exec(statement);
  }

  async alarmAtMs(): Promise<number | null> {
    return await this.ctx.storage.getAlarm();
  }
}

function meddled(bucket: R2Bucket, meddle: () => Promise<void>): R2Bucket {
  return new Proxy(bucket, {
    get: (target, name) => {
      const member = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return async (...args: unknown[]) => {
        await meddle();
        return await member.apply(target, args);
      };
    },
  });
}

/** Takes resolutions, or refuses them, or says that their task had moved on. */
export class JobQueue extends DurableObject<Env> {
  gateResolved(eventId: string, resolution: GateResolution): { tookEffect: boolean } {
    if (this.ctx.storage.kv.get("is_refusing") === true) throw new Error("refused for the test");
    this.ctx.storage.kv.put("got", [...this.got(), { eventId, resolution }]);
    return { tookEffect: this.ctx.storage.kv.get("has_moved_on") !== true };
  }

  gateNoted(head: GateAuditHead): void {
    this.ctx.storage.kv.put("heads", [...this.heads(), head]);
  }

  heads(): readonly GateAuditHead[] {
    return this.ctx.storage.kv.get("heads") ?? [];
  }

  moveOn(): void {
    this.ctx.storage.kv.put("has_moved_on", true);
  }

  refuse(isRefusing: boolean): void {
    this.ctx.storage.kv.put("is_refusing", isRefusing);
  }

  got(): readonly { eventId: string; resolution: GateResolution }[] {
    return this.ctx.storage.kv.get("got") ?? [];
  }
}

/** A stand-in for the people of a project, which can be told to be down. */
export class People extends DurableObject<Env> {
  policyFor(): GatePolicy {
    this.#check();
    return { ...DEFAULT_POLICY, ...this.ctx.storage.kv.get<Partial<GatePolicy>>("policy") };
  }

  identify(identity: string): PersonIdentity | null {
    this.#check();
    const people = this.ctx.storage.kv.get<Record<string, PersonIdentity>>("people") ?? {};
    return people[identity] ?? null;
  }

  resolve(targets: readonly string[]): readonly ResolvedTarget[] {
    this.#check();
    return targets.map((principal) => ({ principal, because: "named" }));
  }

  record(...events: readonly GateEvent[]): void {
    this.#check();
    this.ctx.storage.kv.put("events", [...this.events(), ...events]);
  }

  events(): readonly GateEvent[] {
    return this.ctx.storage.kv.get("events") ?? [];
  }

  be(
    state: { isDown?: boolean; policy?: Partial<GatePolicy>; people?: Record<string, PersonIdentity> },
  ): void {
    for (const [key, value] of Object.entries(state)) this.ctx.storage.kv.put(key, value);
  }

  #check(): void {
    if (this.ctx.storage.kv.get("isDown") === true) throw new Error("down for the test");
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const [, first, name = "none", method = ""] = new URL(request.url).pathname.split("/").map(
      decodeURIComponent,
    );
    if (first === "blobs") return await blob(request, env.BLOBS, decodeURIComponent(name));
    if (first === "log") return await env.TASK_LOG.getByName(name).fetch(request);
    const objects: Record<string, DurableObjectNamespace> = {
      HUMAN_GATE: env.HUMAN_GATE,
      TASK_LOG: env.TASK_LOG,
      JOB_QUEUE: env.JOB_QUEUE,
      PEOPLE: env.PEOPLE,
    };
    const args = JSON.parse(
      await request.text(),
      (_, value) => isBytes(value) ? new Uint8Array(Buffer.from(value.$bytes, "base64")) : value,
    );
    const stub = objects[first ?? ""]!.getByName(name) as unknown as Record<
      string,
      (...a: unknown[]) => Promise<unknown>
    >;
    if (first === "HUMAN_GATE" && method === "actTogether") {
      const acts = args as readonly unknown[][];
      return Response.json({ result: await Promise.all(acts.map((one) => stub.act!(...one))) });
    }
    const result = method === "appendAll"
      ? await Promise.all(args.map((chunk: unknown) => stub.append!(chunk)))
      : await stub[method]!(...args);
    const toText = (_: string, value: unknown) =>
      value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
    return new Response(JSON.stringify({ result }, toText));
  },
};

async function blob(request: Request, bucket: R2Bucket, key: string): Promise<Response> {
  if (request.method === "PUT") await bucket.put(key, await request.text());
  if (request.method === "DELETE") await bucket.delete(key);
  const found = await bucket.get(key);
  return new Response(found === null ? null : await found.text(), { status: found === null ? 404 : 200 });
}

function isBytes(value: unknown): value is { $bytes: string } {
  return typeof value === "object" && value !== null && "$bytes" in value;
}
