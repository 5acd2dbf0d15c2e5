/** The beginning of every page about a task: the task, and the right to read its repository. */
import type { Context } from "hono";
import { isName } from "../../protocol/ids.ts";
import type { TaskData } from "../../protocol/line/task.ts";
import type { AppEnv } from "../app_env.ts";
import type { JobQueueApi } from "../domain/job_queue_api.ts";
import type { RepositoryAccess, TaskRepositoryApi } from "../domain/task_repository_api.ts";
import { queueRefusal } from "../errors.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { taskRepository } from "../stubs/task_repository.ts";
import { baseUrlOf } from "./input.ts";
import { missing, requireViewer } from "./page_response.ts";

export interface OpenedTask {
  readonly owner: string;
  readonly project: string;
  readonly task: TaskData;
  readonly queue: JobQueueApi;
  readonly repository: TaskRepositoryApi;
  readonly access: RepositoryAccess;
}

/** What `:owner`, `:project` and `:taskId` of the path name; else the page to send instead. */
export async function openTask(c: Context<AppEnv>): Promise<OpenedTask | Response> {
  const viewer = await requireViewer(c);
  if (viewer instanceof Response) return viewer;
  const owner = c.req.param("owner") ?? "";
  const project = c.req.param("project") ?? "";
  const taskId = c.req.param("taskId") ?? "";
  if (![owner, project, taskId].every(isName)) return missing(c);
  const queue = jobQueue(c.env, owner, project);
  const [task, access] = await Promise.all([
    queue.readTask(c.var.caller, { taskId, baseUrl: baseUrlOf(c) }),
    queue.authorizeRepository(c.var.caller, { taskId }),
  ]);
  if (!task.ok) return missing(c, queueRefusal(task.error).body.error.message);
  if (!access.ok) return missing(c, queueRefusal(access.error).body.error.message);
  const repository = taskRepository(c.env, owner, project, taskId);
  return { owner, project, task: task.value, queue, repository, access: access.value };
}

/** The stations of the version of its line that a task is on; none where it cannot be read. */
export async function stationsOf(
  c: Context<AppEnv>,
  { queue, task }: Pick<OpenedTask, "queue" | "task">,
): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const version = String(task.assemblyLineVersion);
  const line = await queue.readLineVersion(c.var.caller, { lineId: task.assemblyLineId, version });
  return line.ok ? line.value.definition.stations : [];
}
