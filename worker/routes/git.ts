/** Task repositories for git clients (Line 9): authorises, then hands the request to the task's object. */
import { Hono } from "hono";
import type { Context } from "hono";
import type { AppEnv } from "../app_env.ts";
import { REPOSITORY_ACCESS_HEADER } from "../domain/task_repository_api.ts";
import { queueRefusal } from "../errors.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { taskRepository } from "../stubs/task_repository.ts";
import { projectOf } from "./input.ts";

export function createGitRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const path = "/api/git/:owner/:project/:repository{[^/]+\\.git}";
  app.get(`${path}/info/refs`, serve);
  app.post(`${path}/git-upload-pack`, serve);
  app.post(`${path}/git-receive-pack`, serve);
  return app;
}

async function serve(c: Context<AppEnv>): Promise<Response> {
  const at = projectOf(c);
  if (!at.ok) return at.error;
  const { owner, project } = at.value;
  const taskId = (c.req.param("repository") ?? "").replace(/\.git$/, "");
  const access = await jobQueue(c.env, owner, project).authorizeRepository(c.var.caller, { taskId });
  if (!access.ok) {
    const { status, body, headers } = queueRefusal(access.error);
    // git prints the body of a refusal only when it is plain text.
    return new Response(`${body.error.message}\n`, {
      status,
      headers: { "content-type": "text/plain; charset=utf-8", ...headers },
    });
  }
  const request = new Request(c.req.raw);
  request.headers.delete("authorization");
  request.headers.set(REPOSITORY_ACCESS_HEADER, JSON.stringify(access.value));
  return taskRepository(c.env, owner, project, taskId).fetch(request);
}
