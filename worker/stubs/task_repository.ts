/** The Assembly Line Repository of one task. */
import type { TaskRepositoryApi } from "../domain/task_repository_api.ts";
import type { Env } from "../env.ts";

/** A stub of the `TaskRepository` of a task. */
export function taskRepository(env: Env, owner: string, project: string, taskId: string): TaskRepositoryApi {
  return env.TASK_REPOSITORY.getByName(`${owner}/${project}/${taskId}`) as unknown as TaskRepositoryApi;
}
