/** Task repositories for git clients (Line 9): authorises, then hands the request to the task's object. */
import { Hono } from "hono";
import type { Context } from "hono";
import type { AppEnv } from "../app_env.ts";
import { REPOSITORY_ACCESS_HEADER } from "../domain/task_repository_api.ts";
import { queueRefusal } from "../errors.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { taskRepository } from "../stubs/task_repository.ts";
import { projectOf } from "./input.ts";
import type { Operation } from "./operation.ts";

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

const GIT = {
  tag: "Task repositories",
  tokens: ["user", "runner", "repository"],
  scope: "tasks:read",
} as const;
const REPOSITORY = "/api/git/:owner/:project/:repository{[^/]+\\.git}";
const git = (contentType: string) => ({ contentType, description: "Git's smart HTTP protocol." });

export const GIT_OPERATIONS: readonly Operation[] = [
  {
    ...GIT,
    method: "get",
    paths: [`${REPOSITORY}/info/refs`],
    summary: "What git asks first",
    answers: { 200: git("application/x-git-upload-pack-advertisement") },
  },
  {
    ...GIT,
    method: "post",
    paths: [`${REPOSITORY}/git-upload-pack`],
    summary: "Clone and fetch",
    body: git("application/x-git-upload-pack-request"),
    answers: { 200: git("application/x-git-upload-pack-result") },
  },
  {
    ...GIT,
    method: "post",
    paths: [`${REPOSITORY}/git-receive-pack`],
    summary: "Push",
    description:
      "By the job to any branch but the runner's, by the runner that holds the job to its work branches.",
    body: git("application/x-git-receive-pack-request"),
    answers: { 200: git("application/x-git-receive-pack-result") },
  },
];
