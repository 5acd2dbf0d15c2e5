/**
 * `TaskRepository`: the Assembly Line Repository of one task (Line 9), a git server over smart HTTP in a Durable
 * Object. A shell: it reads, lets `worker/git` decide, and writes.
 *
 * Owns: refs, objects and commit graph in its SQLite (`store/repository/schema.ts`), large blobs in R2.
 * Speaks: protocol 2 and 0 for fetch, 0 for push (git has no other), gzip bodies, side-band-64k, atomic pushes.
 *
 * Invariants
 * 1. (O1) From reading refs to writing them there is no `await`: concurrent pushes to one ref have one winner.
 * 2. The store is closed (`git/connectivity.ts`): what a ref names has its whole history here.
 * 3. Objects are only added; a forced or deleted ref forgets the name, never the commits (Line 9: audit trail).
 * 4. The first call of any kind creates `main`; its first commit depends on the task alone, so again is the same.
 */
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "../../migrations/task_repository/migrations.js";
import type { RepositoryAccess, RepositoryRef, TaskRepositoryApi } from "../domain/task_repository_api.ts";
import type { Env } from "../env.ts";
import { makeInitialCommit } from "../git/initial_commit.ts";
import { peel } from "../git/object_source.ts";
import { type AdvertisedRefs, advertiseProtocol2, advertiseRefs } from "../git/ref_advertisement.ts";
import { deflate } from "../git/zlib_stream.ts";
import { FETCH_REQUEST_MAX_BYTES, PUSH_DRAIN_MAX_BYTES, PUSH_PACK_MAX_BYTES } from "../limits.ts";
import { ObjectTable } from "../store/repository/object_table.ts";
import { RefTable } from "../store/repository/ref_table.ts";
import { answerProtocol0, answerProtocol2 } from "./repository_fetch.ts";
import { RepositoryObjects } from "./repository_objects.ts";
import { receivePush } from "./repository_push.ts";
import { diffCommits, listFiles, readFile } from "./repository_views.ts";
import { readBoundedBody } from "./request_body.ts";

/** The header by which our own routes send the decided {@link RepositoryAccess}; clients cannot set it. */
export const ACCESS_HEADER = "x-shopfloor-access";
const HEAD_REF = "refs/heads/main";
const DEFLATE_LEVEL = 6;

/** See the file's header. */
export class TaskRepository extends DurableObject<Env> implements TaskRepositoryApi {
  readonly #objects: RepositoryObjects;
  readonly #refs: RefTable;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const db = drizzle(ctx.storage);
    this.#refs = new RefTable(db);
    this.#objects = new RepositoryObjects(new ObjectTable(ctx.storage.sql), env.BLOBS, ctx.id.toString());
    ctx.blockConcurrencyWhile(() => migrate(db, migrations));
  }

  /** Smart HTTP; see {@link TaskRepositoryApi.fetch}. */
  override async fetch(request: Request): Promise<Response> {
    const header = request.headers.get(ACCESS_HEADER);
    if (header === null) return refusal(403, "this address is not public");
    const access = JSON.parse(header) as RepositoryAccess;
    this.#createOnce(access);
    const url = new URL(request.url);
    const isProtocol2 = /(^|:)version=2(:|$)/.test(request.headers.get("git-protocol") ?? "");
    if (request.method === "GET" && url.pathname.endsWith("/info/refs")) {
      return this.#advertise(url.searchParams.get("service"), access, isProtocol2);
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
    return await Promise.resolve(this.#refs.list().map(({ name, objectId }) => ({ name, commit: objectId })));
  }

  async listFiles(access: RepositoryAccess, ref: string, path: string) {
    this.#createOnce(access);
    return await Promise.resolve(listFiles(this.#objects, this.#refs, ref, path));
  }

  async readFile(access: RepositoryAccess, ref: string, path: string) {
    this.#createOnce(access);
    return await readFile(this.#objects, this.#refs, ref, path);
  }

  async diff(access: RepositoryAccess, baseCommit: string, headCommit: string) {
    this.#createOnce(access);
    return await Promise.resolve(diffCommits(this.#objects, this.#refs, baseCommit, headCommit));
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
    const { commitId, objects } = makeInitialCommit(taskId, createdAtMs);
    this.ctx.storage.transactionSync(() => {
      this.#refs.create({ taskId, createdAtMs, headRef: HEAD_REF, hasOrphans: false });
      this.#objects.add(objects.map(({ id, type, data }) => (
        { id, type, sizeBytes: data.length, compressed: deflate(data, DEFLATE_LEVEL) }
      )));
      for (const { id, type, data } of objects) if (type === "commit") this.#objects.addCommit(id, data);
      this.#refs.set(HEAD_REF, commitId);
    });
  }

  #advertised(): AdvertisedRefs {
    const refs = this.#refs.list().map(({ name, objectId }) => {
      const peeled = name.startsWith("refs/tags/") ? peel(this.#objects, objectId).id : objectId;
      return { name, id: objectId, peeledId: peeled === objectId ? null : peeled };
    });
    return { refs, headRef: HEAD_REF };
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
    const body = await readBoundedBody(request, FETCH_REQUEST_MAX_BYTES, FETCH_REQUEST_MAX_BYTES);
    if (body === null) return unreadable();
    if (body.isCut) return refusal(413, "the fetch request is too large");
    const context = {
      objects: this.#objects,
      advertised: this.#advertised(),
      hasOrphans: this.#refs.repository()?.hasOrphans ?? true,
    };
    const answer = isProtocol2 ? answerProtocol2(context, body.bytes) : answerProtocol0(context, body.bytes);
    return gitResponse(answer, "git-upload-pack-result");
  }

  async #receivePack(request: Request, access: RepositoryAccess): Promise<Response> {
    const body = await readBoundedBody(request, PUSH_PACK_MAX_BYTES, PUSH_DRAIN_MAX_BYTES);
    if (body === null) return unreadable();
    const context = {
      objects: this.#objects,
      refs: this.#refs,
      headRef: HEAD_REF,
      transact: <T>(apply: () => T) => this.ctx.storage.transactionSync(apply),
    };
    const report = await receivePush(context, access, body);
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
