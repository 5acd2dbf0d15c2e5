/**
 * `TaskRepository`: the Assembly Line Repository of one task (Line 9), a git server over smart HTTP in a Durable
 * Object. A shell: it reads, lets `worker/git` decide, and writes.
 *
 * Owns: refs and packs in its SQLite (`store/repository/schema.ts`); packs that rest in R2 (`repository_packs.ts`).
 * Speaks: protocol 2 and 0 for fetch, 0 for push (git has no other), gzip bodies, side-band-64k, atomic pushes, partial
 * and shallow clones, bundles.
 *
 * Invariants
 * 1. (O1) From reading refs to writing them there is no `await`: concurrent pushes to one ref have one winner.
 * 2. The store is closed (`git/connectivity.ts`): what a ref names has its whole history here.
 * 3. Objects are only added; a forced or deleted ref forgets the name, never the commits (Line 9: audit trail).
 * 4. The first call of any kind creates `main`; its first commit depends on the task alone, so again is the same.
 * 5. No request holds a pack in memory, neither the one that brings it nor one that reads it.
 * 6. (O3) The alarm only moves packs between rows and R2, when they have not been used for a while; it decides nothing.
 */
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "../../migrations/task_repository/migrations.js";
import {
  REPOSITORY_ACCESS_HEADER,
  type RepositoryAccess,
  type RepositoryRef,
  type TaskRepositoryApi,
} from "../domain/task_repository_api.ts";
import type { Env } from "../env.ts";
import { makeInitialCommit, packInitialCommit } from "../git/initial_commit.ts";
import { peel } from "../git/object_source.ts";
import { type AdvertisedRefs, advertiseProtocol2, advertiseRefs } from "../git/ref_advertisement.ts";
import { FETCH_REQUEST_MAX_BYTES } from "../limits.ts";
import { ObjectTable } from "../store/repository/object_table.ts";
import { PackTable } from "../store/repository/pack_table.ts";
import { RefTable } from "../store/repository/ref_table.ts";
import { createObjectClock, type ObjectClock } from "./clock.ts";
import { answerProtocol0, answerProtocol2, bundleAll } from "./repository_fetch.ts";
import { RepositoryObjects } from "./repository_objects.ts";
import { RepositoryPacks } from "./repository_packs.ts";
import { receivePush } from "./repository_push.ts";
import { diffCommits, listCommits, listFiles, readFile } from "./repository_views.ts";
import { BodyReader, readBoundedBody } from "./request_body.ts";

const HEAD_REF = "refs/heads/main";

/** See the file's header. */
export class TaskRepository extends DurableObject<Env> implements TaskRepositoryApi {
  readonly #clock: ObjectClock;
  readonly #packs: RepositoryPacks;
  readonly #objects: RepositoryObjects;
  readonly #refs: RefTable;
  #alarmAtMs: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const db = drizzle(ctx.storage);
    const { sql } = ctx.storage;
    const keyPrefix = ctx.id.toString();
    this.#clock = createObjectClock(ctx.storage, env.SHOPFLOOR_CLOCK);
    this.#refs = new RefTable(db);
    this.#packs = new RepositoryPacks(new PackTable(sql), env.BLOBS, keyPrefix, () => this.#clock.nowMs());
    this.#objects = new RepositoryObjects(this.#packs, new ObjectTable(sql), env.BLOBS, keyPrefix);
    ctx.blockConcurrencyWhile(async () => {
      await migrate(db, migrations);
      this.#packs.load();
    });
  }

  /** Smart HTTP; see {@link TaskRepositoryApi.fetch}. */
  override async fetch(request: Request): Promise<Response> {
    const header = request.headers.get(REPOSITORY_ACCESS_HEADER);
    if (header === null) return refusal(403, "this address is not public");
    const access = JSON.parse(header) as RepositoryAccess;
    this.#createOnce(access);
    const response = await this.#serve(request, access);
    await this.#arm();
    return response;
  }

  async #serve(request: Request, access: RepositoryAccess): Promise<Response> {
    const url = new URL(request.url);
    const isProtocol2 = /(^|:)version=2(:|$)/.test(request.headers.get("git-protocol") ?? "");
    if (request.method === "GET" && url.pathname.endsWith("/info/refs")) {
      return this.#advertise(url.searchParams.get("service"), access, isProtocol2);
    }
    if (request.method === "GET" && url.pathname.endsWith("/bundle")) {
      return gitResponse(await bundleAll(this.#fetchContext()), "git-bundle");
    }
    if (request.method === "POST" && url.pathname.endsWith("/git-upload-pack")) {
      return await this.#uploadPack(request, isProtocol2);
    }
    if (request.method === "POST" && url.pathname.endsWith("/git-receive-pack")) {
      return await this.#receivePack(request, access);
    }
    return refusal(404, "there is nothing here: use this address with git clone");
  }

  async listRefs(access: RepositoryAccess): Promise<readonly RepositoryRef[]> {
    this.#createOnce(access);
    return await Promise.resolve(
      this.#refs.list().map(({ name, objectId, peeledId }) => (
        { name, commit: peeledId ?? peel(this.#objects, objectId).id }
      )),
    );
  }

  listFiles(access: RepositoryAccess, ref: string, path: string) {
    return this.#view(access, () => listFiles(this.#objects, this.#refs, ref, path));
  }

  readFile(access: RepositoryAccess, ref: string, path: string) {
    return this.#view(access, () => readFile(this.#objects, this.#refs, ref, path));
  }

  diff(access: RepositoryAccess, baseCommit: string, headCommit: string) {
    return this.#view(access, () => diffCommits(this.#objects, this.#refs, baseCommit, headCommit));
  }

  listCommits(access: RepositoryAccess, ref: string, limit: number, cursor: string | null) {
    return this.#view(access, () => listCommits(this.#objects, this.#refs, ref, limit, cursor));
  }

  override async alarm(): Promise<void> {
    this.#alarmAtMs = null;
    await this.#packs.settle();
    await this.#arm();
  }

  /** Moves this object's clock; refused unless the configuration says `fake`. */
  async advanceClock(ms: number): Promise<void> {
    this.#clock.advance(ms);
    await this.alarm();
  }

  /** Sets the alarm to when the next pack may leave its rows. */
  async #arm(): Promise<void> {
    const dueMs = this.#packs.nextSettleMs();
    if (dueMs === null || dueMs === this.#alarmAtMs) return;
    this.#alarmAtMs = dueMs;
    await this.ctx.storage.setAlarm(this.#clock.toPlatformMs(dueMs));
  }

  /** Reads with all packs in rows. */
  async #view<T>(access: RepositoryAccess, read: () => T | Promise<T>): Promise<T> {
    this.#createOnce(access);
    const unpin = this.#packs.pin();
    try {
      await this.#packs.warm();
      return await read();
    } finally {
      unpin();
      await this.#arm();
    }
  }

  /** Creates `main` with its first commit, if this is the first call. */
  #createOnce({ taskId, createdAtMs }: RepositoryAccess): void {
    const existing = this.#refs.repository();
    if (existing !== undefined) {
      if (existing.taskId === taskId) return;
      throw new TypeError(
        `Cannot open repository as it belongs to task ${existing.taskId}: current value is ${taskId}`,
      );
    }
    const initial = makeInitialCommit(taskId, createdAtMs);
    const { pack, records } = packInitialCommit(initial);
    this.ctx.storage.transactionSync(() => {
      this.#refs.create({ taskId, createdAtMs, headRef: HEAD_REF, hasOrphans: false });
      const incoming = this.#packs.receive();
      incoming.append(pack);
      incoming.finish();
      this.#objects.accept(incoming, records, false);
      this.#refs.set({ name: HEAD_REF, objectId: initial.commitId, peeledId: initial.commitId });
    });
  }

  #advertised(): AdvertisedRefs {
    const refs = this.#refs.list().map(({ name, objectId, peeledId }) => {
      // Tags that are older than the note of what they name are in rows of their own, and can always be read.
      const peeled = peeledId ??
        (name.startsWith("refs/tags/") ? peel(this.#objects, objectId).id : objectId);
      return { name, id: objectId, peeledId: peeled === objectId ? null : peeled };
    });
    return { refs, headRef: HEAD_REF };
  }

  #fetchContext() {
    return {
      objects: this.#objects,
      advertised: this.#advertised(),
      hasOrphans: this.#refs.repository()?.hasOrphans ?? true,
    };
  }

  #advertise(service: string | null, access: RepositoryAccess, isProtocol2: boolean): Response {
    if (service === "git-upload-pack") {
      const body = isProtocol2 ? advertiseProtocol2() : advertiseRefs(service, this.#advertised());
      return gitResponse(body, `${service}-advertisement`);
    }
    if (service !== "git-receive-pack") {
      return refusal(403, "this server only speaks git's smart HTTP protocol");
    }
    if (!access.canWrite) return refusal(403, "this repository is read-only for you: nothing can be pushed");
    return gitResponse(advertiseRefs(service, this.#advertised()), `${service}-advertisement`);
  }

  async #uploadPack(request: Request, isProtocol2: boolean): Promise<Response> {
    const body = await readBoundedBody(request, FETCH_REQUEST_MAX_BYTES);
    if (body === null) return unreadable();
    if (body.isCut) return refusal(413, "the fetch request is too large");
    const context = this.#fetchContext();
    const answer = isProtocol2
      ? await answerProtocol2(context, body.bytes)
      : await answerProtocol0(context, body.bytes);
    return gitResponse(answer, "git-upload-pack-result");
  }

  async #receivePack(request: Request, access: RepositoryAccess): Promise<Response> {
    const context = {
      objects: this.#objects,
      refs: this.#refs,
      headRef: HEAD_REF,
      transact: <T>(apply: () => T) => this.ctx.storage.transactionSync(apply),
    };
    const report = await receivePush(context, access, new BodyReader(request));
    if (report === null) return refusal(400, "the push is not in git's format");
    return gitResponse(report, "git-receive-pack-result");
  }
}

function gitResponse(body: Uint8Array | ReadableStream<Uint8Array>, kind: string): Response {
  return new Response(body as BodyInit, {
    headers: { "content-type": `application/x-${kind}`, "cache-control": "no-cache" },
  });
}

function unreadable(): Response {
  return refusal(400, "the request's body cannot be read");
}

/** Git shows plain text as `remote: ...`. */
function refusal(status: number, text: string): Response {
  return new Response(text + "\n", { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}
