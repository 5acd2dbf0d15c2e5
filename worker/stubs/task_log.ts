/** The log of one task. */
import type { TaskLogApi } from "../domain/task_log_api.ts";
import type { Env } from "../env.ts";

/** A stub of the `TaskLog` of a task. */
export function taskLog(env: Env, owner: string, project: string, taskId: string): TaskLogApi {
  return env.TASK_LOG.getByName(`${owner}/${project}/${taskId}`) as unknown as TaskLogApi;
}
