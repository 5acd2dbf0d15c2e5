/**
 * What is in a task's repository, for people and programs without git: files, one file, the diff, refs, the log; and all
 * of it as a bundle, for git without a network.
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { commitId } from "../../protocol/line/fields.ts";
import { isoTime } from "../../protocol/line/time.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AppEnv } from "../app_env.ts";
import type { JobQueueApi } from "../domain/job_queue_api.ts";
import {
  REPOSITORY_ACCESS_HEADER,
  type RepositoryAccess,
  type RepositoryError,
  type TaskRepositoryApi,
} from "../domain/task_repository_api.ts";
import { type HttpRefusal, refusal, refusalResponse } from "../errors.ts";
import { COMMIT_PAGE_DEFAULT, COMMIT_PAGE_MAX } from "../limits.ts";
import { taskRepository } from "../stubs/task_repository.ts";
import { answer } from "./answer.ts";
import { baseUrlOf, readQuery } from "./input.ts";
import { commitsOf, MAIN_REF } from "./task_evidence.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const place = z.object({
  ref: z.string().min(1).max(300).default(MAIN_REF),
  path: z.string().max(4_096).default(""),
});
const page = z.object({
  ref: z.string().min(1).max(300).default(MAIN_REF),
  limit: z.coerce.number().int().min(1).max(COMMIT_PAGE_MAX).default(COMMIT_PAGE_DEFAULT),
  cursor: z.string().max(100).optional(),
});
const span = z.object({ base: commitId.optional(), head: commitId.optional() });

/** `GET .../tasks/{taskId}/files`, `.../files/content`, `.../diff`, `.../refs`, `.../commits`, `.../bundle`. */
export function createFileRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const task = "/api/owners/:owner/projects/:project/tasks/:taskId";

  app.get(`${task}/files`, async (c) => {
    const query = readQuery(c, place);
    if (!query.ok) return query.error;
    const opened = await open(c);
    if (!opened.ok) return opened.error;
    const { repository, access } = opened.value;
    const { ref, path } = query.value;
    const files = await repository.listFiles(access, ref, path);
    return files.ok ? c.json({ ref, path, files: files.value }) : refuse(files.error);
  });

  app.get(`${task}/files/content`, async (c) => {
    const query = readQuery(c, place);
    if (!query.ok) return query.error;
    const opened = await open(c);
    if (!opened.ok) return opened.error;
    const { repository, access } = opened.value;
    const file = await repository.readFile(access, query.value.ref, query.value.path);
    if (!file.ok) return refuse(file.error);
    // Never the file's own type: what an agent wrote must not run as a page of ours.
    const type = file.value.includes(0) ? "application/octet-stream" : "text/plain; charset=utf-8";
    return new Response(file.value as Uint8Array<ArrayBuffer>, {
      headers: { "content-type": type, "x-content-type-options": "nosniff", "cache-control": "no-store" },
    });
  });

  app.get(`${task}/diff`, async (c) => {
    const query = readQuery(c, span);
    if (!query.ok) return query.error;
    const opened = await open(c);
    if (!opened.ok) return opened.error;
    const { repository, access, queue, taskId } = opened.value;
    let { base, head } = query.value;
    if (base === undefined || head === undefined) {
      const data = await queue.readTask(c.var.caller, { taskId, baseUrl: baseUrlOf(c) });
      if (!data.ok) return answer(data);
      const commits = commitsOf(data.value.history);
      base ??= commits.base ?? undefined;
      head ??= commits.head ?? undefined;
    }
    if (base === undefined || head === undefined) {
      return refusalResponse(
        refusal(404, "no_commits", "Cannot show a diff as no station has reported commits yet"),
      );
    }
    const diff = await repository.diff(access, base, head);
    return diff.ok ? c.json(diff.value) : refuse(diff.error);
  });

  app.get(`${task}/refs`, async (c) => {
    const opened = await open(c);
    if (!opened.ok) return opened.error;
    return c.json({ refs: await opened.value.repository.listRefs(opened.value.access) });
  });

  app.get(`${task}/commits`, async (c) => {
    const query = readQuery(c, page);
    if (!query.ok) return query.error;
    const opened = await open(c);
    if (!opened.ok) return opened.error;
    const { repository, access } = opened.value;
    const { ref, limit, cursor } = query.value;
    const commits = await repository.listCommits(access, ref, limit, cursor ?? null);
    if (!commits.ok) return refuse(commits.error);
    return c.json({
      ref,
      commits: commits.value.commits.map(({ authoredAtMs, committedAtMs, ...commit }) => ({
        ...commit,
        authoredAt: isoTime(authoredAtMs),
        committedAt: isoTime(committedAtMs),
      })),
      nextCursor: commits.value.next,
    });
  });

  app.get(`${task}/bundle`, async (c) => {
    const opened = await open(c);
    if (!opened.ok) return opened.error;
    const { repository, access, taskId } = opened.value;
    const bundle = await repository.fetch(
      new Request(new URL("/bundle", c.req.url), {
        headers: { [REPOSITORY_ACCESS_HEADER]: JSON.stringify(access) },
      }),
    );
    return new Response(bundle.body, {
      status: bundle.status,
      headers: {
        "content-type": "application/x-git-bundle",
        "content-disposition": `attachment; filename="${taskId}.bundle"`,
        "cache-control": "no-store",
      },
    });
  });
  return app;
}

interface Opened {
  readonly queue: JobQueueApi;
  readonly taskId: string;
  readonly repository: TaskRepositoryApi;
  readonly access: RepositoryAccess;
}

async function open(c: Context<AppEnv>): Promise<Result<Opened, Response>> {
  const { owner, project } = c.var.at;
  const taskId = c.req.param("taskId") ?? "";
  const access = await c.var.queue.authorizeRepository(c.var.caller, { taskId });
  if (!access.ok) return err(answer(access));
  return ok({
    queue: c.var.queue,
    taskId,
    repository: taskRepository(c.env, owner, project, taskId),
    access: access.value,
  });
}

function refuse(error: RepositoryError): Response {
  return refusalResponse(repositoryRefusal(error));
}

/** Maps what a repository says no to. */
function repositoryRefusal(error: RepositoryError): HttpRefusal {
  switch (error.reason) {
    case "ref_not_found":
      return refusal(404, "ref_not_found", `Cannot find '${error.ref}' in this task's repository`);
    case "path_not_found":
      return refusal(404, "path_not_found", `Cannot find '${error.path}' at '${error.ref}'`);
    case "bad_cursor":
      return refusal(
        400,
        "bad_cursor",
        "Cannot go on with the log as the cursor must be one that a page gave",
      );
    case "object_too_large":
      return refusal(
        413,
        "object_too_large",
        `Cannot show '${error.path}' as it must be at most ${error.bytesMax} bytes: current value is ${error.bytes}`,
      );
  }
}

const OF_FILES = {
  tag: "Task repositories",
  method: "get",
  tokens: ["user", "runner", "repository"],
  scope: "tasks:read",
} as const;
const OF_TASK = `${PROJECT_PATH}/tasks/:taskId`;
const NO_SUCH = ["404 task_not_found", "404 ref_not_found", "404 path_not_found"];
const BYTES = {
  contentType: "application/octet-stream",
  description: "Never a type that a browser would run.",
};

export const FILE_OPERATIONS: readonly Operation[] = [
  {
    ...OF_FILES,
    paths: [`${OF_TASK}/files`],
    summary: "List a folder",
    query: place,
    answers: {
      200: z.object({
        ref: z.string(),
        path: z.string(),
        files: z.array(z.looseObject({ path: z.string(), mode: z.string() })),
      }),
    },
    refusals: NO_SUCH,
  },
  {
    ...OF_FILES,
    paths: [`${OF_TASK}/files/content`],
    summary: "Read a file",
    query: place,
    answers: { 200: BYTES },
    refusals: NO_SUCH,
  },
  {
    ...OF_FILES,
    paths: [`${OF_TASK}/diff`],
    summary: "What the task's work changed",
    query: span,
    answers: { 200: z.looseObject({ changes: z.array(z.looseObject({ path: z.string() })) }) },
    refusals: ["404 no_commits", ...NO_SUCH],
  },
  {
    ...OF_FILES,
    paths: [`${OF_TASK}/refs`],
    summary: "List branches and tags",
    answers: { 200: z.object({ refs: z.array(z.looseObject({ name: z.string() })) }) },
    refusals: ["404 task_not_found"],
  },
  {
    ...OF_FILES,
    paths: [`${OF_TASK}/commits`],
    summary: "List commits, newest first",
    query: page,
    answers: {
      200: z.object({
        ref: z.string(),
        commits: z.array(z.looseObject({ authoredAt: z.string(), committedAt: z.string() })),
        nextCursor: z.string().nullable(),
      }),
    },
    refusals: NO_SUCH,
  },
  {
    ...OF_FILES,
    paths: [`${OF_TASK}/bundle`],
    summary: "Download the repository as a bundle",
    answers: { 200: { contentType: "application/x-git-bundle", description: "`git clone` takes it." } },
    refusals: ["404 task_not_found"],
  },
];
