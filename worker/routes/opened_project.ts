/** The beginning of every page about a project: who looks, and the project's queue. */
import type { Context } from "hono";
import { isName } from "../../protocol/ids.ts";
import type { Scope } from "../../protocol/line/token.ts";
import type { AppEnv } from "../app_env.ts";
import type { JobQueueApi, QueueError } from "../domain/job_queue_api.ts";
import { queueRefusal } from "../errors.ts";
import type { ProjectName } from "../pages/frame.tsx";
import { MessagePage } from "../pages/sign_in.tsx";
import { jobQueue } from "../stubs/job_queue.ts";
import { missing, page, requireViewer } from "./page_response.ts";

export interface OpenedProject {
  readonly at: ProjectName;
  readonly queue: JobQueueApi;
}

/** What `:owner` and `:project` of the path name, for who may do what the scope says; else the page to send instead. */
export async function openProject(c: Context<AppEnv>, scope?: Scope): Promise<OpenedProject | Response> {
  const viewer = await requireViewer(c, scope);
  if (viewer instanceof Response) return viewer;
  const owner = c.req.param("owner") ?? "";
  const project = c.req.param("project") ?? "";
  if (!isName(owner) || !isName(project)) return await missing(c, "There is no such project.");
  return { at: { owner, project }, queue: jobQueue(c.env, owner, project) };
}

/** The page for what the queue says no to. */
export function refusedPage(c: Context<AppEnv>, error: QueueError): Promise<Response> {
  const { status, body } = queueRefusal(error);
  if (status === 404) return missing(c, body.error.message);
  return page(c, MessagePage({ title: "Not done", message: body.error.message }), status);
}
