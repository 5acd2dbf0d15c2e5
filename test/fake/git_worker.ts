/**
 * A Worker around `TaskRepository` for tests: it stands in for the authenticating route and grants what the test
 * asks for. The repository is the first path segment; the header `x-test-access` (JSON, any part of
 * `RepositoryAccess`) replaces the default, which may change branches and tags but not `refs/heads/protected/`.
 */
import type { RepositoryAccess } from "../../worker/domain/task_repository_api.ts";
import type { Env } from "../../worker/env.ts";
import { ACCESS_HEADER, TaskRepository } from "../../worker/objects/task_repository.ts";
import { defaultAccess } from "./git_worker_access.ts";

export { TaskRepository };

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const name = /^\/([a-z0-9_-]+)\.git\//.exec(new URL(request.url).pathname)?.[1];
    if (name === undefined) return new Response("no repository in the path\n", { status: 404 });
    const asked = JSON.parse(request.headers.get("x-test-access") ?? "{}") as Partial<RepositoryAccess>;
    const headers = new Headers(request.headers);
    headers.set(ACCESS_HEADER, JSON.stringify({ ...defaultAccess(name), ...asked }));
    const id = env.TASK_REPOSITORY.idFromName(name);
    return await env.TASK_REPOSITORY.get(id).fetch(new Request(request, { headers }));
  },
};
