/** The subtasks that a spec's tasks file asks for (Runtime 3.4). Pure. */
import type { NewSubtask } from "./job_queue_api.ts";
import type { Spec } from "./spec.ts";

/** One for each task of the spec. Its own station wins over the one that is asked for. */
export function subtasksOfSpec(
  { name, tasks }: Spec,
  { stationId, state }: Pick<NewSubtask, "stationId" | "state">,
): readonly NewSubtask[] {
  return tasks.map((task) => ({
    id: subtaskIdOf(name, task.id),
    spec: name,
    title: task.title,
    requirementIds: [...task.requirementIds],
    stationId: task.stationId ?? stationId,
    state,
  }));
}

export function subtaskIdOf(spec: string, taskId: string): string {
  return `${spec}:${taskId}`;
}
