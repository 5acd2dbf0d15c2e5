/**
 * A Worker around `TaskRepository` for tests: it stands in for the authenticating route and grants what the test
 * asks for. The repository is the first path segment; the header `x-test-access` (JSON, any part of
 * `RepositoryAccess`) replaces the default, which may change branches and tags but not `refs/heads/protected/`.
 */
import { REPOSITORY_ACCESS_HEADER, type RepositoryAccess } from "../../worker/domain/task_repository_api.ts";
import type { Env } from "../../worker/env.ts";
import { TaskRepository } from "../../worker/objects/task_repository.ts";
import { defaultAccess } from "./git_worker_access.ts";

export { TaskRepository };

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const path = new URL(request.url).pathname;
    const call = /^\/([a-z0-9_-]+)\/rpc\/(\w+)$/.exec(path);
    if (call !== null) return await callObject(env, call[1]!, call[2]!, await request.json());
    const advance = /^\/([a-z0-9_-]+)\/advance\/(\d+)$/.exec(path);
    if (advance !== null) {
      const stub = repositoryOf(env, advance[1]!) as unknown as { advanceClock(ms: number): Promise<void> };
      await stub.advanceClock(Number(advance[2]));
      return new Response(null, { status: 204 });
    }
    const name = /^\/([a-z0-9_-]+)\.git\//.exec(path)?.[1];
    if (name === undefined) return new Response("no repository in the path\n", { status: 404 });
    const asked = JSON.parse(request.headers.get("x-test-access") ?? "{}") as Partial<RepositoryAccess>;
    const headers = new Headers(request.headers);
    headers.set(REPOSITORY_ACCESS_HEADER, JSON.stringify({ ...defaultAccess(name), ...asked }));
    return await repositoryOf(env, name).fetch(new Request(request, { headers }));
  },
};

function repositoryOf(env: Env, name: string) {
  return env.TASK_REPOSITORY.get(env.TASK_REPOSITORY.idFromName(name));
}

/** Calls an RPC method with the default access; bytes come back as text. */
async function callObject(env: Env, name: string, method: string, args: unknown): Promise<Response> {
  const stub = repositoryOf(env, name) as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const result = await stub[method]!(defaultAccess(name), ...args as unknown[]);
  const toText = (_: string, value: unknown) =>
    value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
  return new Response(JSON.stringify(result, toText), { headers: { "content-type": "application/json" } });
}
