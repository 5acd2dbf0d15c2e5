/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The tasks of a spec and what became of them: the subtasks that were made of them, and the form that makes them. */
import type { SubtaskData } from "../../protocol/agent/subtask.ts";
import type { SpecTask } from "../domain/spec.ts";
import { subtaskIdOf } from "../domain/spec_subtasks.ts";
import { May } from "./frame.tsx";
import { StationChoice } from "./station_choice.tsx";
import { SubtaskPill } from "./subtask_words.tsx";

export interface SpecSubtasksProps {
  readonly spec: string;
  readonly tasks: readonly SpecTask[];
  readonly subtasks: readonly SubtaskData[];
  readonly stations: readonly { readonly id: string; readonly name: string }[];
  /** Of the page of the task. */
  readonly path: string;
  /** Why the last form was not taken. */
  readonly fault: string | null;
}

export function SpecSubtasks({ spec, tasks, subtasks, stations, path, fault }: SpecSubtasksProps) {
  const byId = new Map(subtasks.map((subtask) => [subtask.id, subtask]));
  const missing = tasks.filter(({ id }) => !byId.has(subtaskIdOf(spec, id))).length;
  return (
    <>
      <h2 id="subtasks">
        Its tasks <span class="count">{tasks.length}</span>
        <a class="small" href={`${path}/subtasks`}>All subtasks</a>
      </h2>
      {fault === null ? null : <p class="note bad" role="alert">{fault}</p>}
      {tasks.length === 0
        ? <p class="empty">This spec has no tasks file, or no task in it: no subtasks can be made of it.</p>
        : (
          <div class="scroll" tabindex={0} role="region" aria-label="Tasks of the spec">
            <table class="wraps">
              <thead>
                <tr>
                  <th>Task</th>
                  <th>Subtask</th>
                  <th>Checks</th>
                </tr>
              </thead>
              <tbody>
                {tasks.map((task) => (
                  <Row key={task.id} task={task} subtask={byId.get(subtaskIdOf(spec, task.id))} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      {missing === 0 ? null : (
        <May scope="tasks:write">
          <details id="make">
            <summary>Make subtasks of {missing === tasks.length ? "them" : `the other ${missing}`}</summary>
            <form
              class="stack fold"
              method="post"
              action={`${path}/specs/${encodeURIComponent(spec)}/subtasks`}
            >
              <div class="row">
                <StationChoice
                  id="spec-station"
                  label="Station, for those that name none"
                  stations={stations}
                />
                <div>
                  <label for="spec-state">Agents</label>
                  <select id="spec-state" name="state">
                    <option value="queued">may begin at once</option>
                    <option value="pending">wait until one is queued</option>
                  </select>
                </div>
              </div>
              <button type="submit">Make them</button>
            </form>
          </details>
        </May>
      )}
    </>
  );
}

function Row({ task, subtask }: { readonly task: SpecTask; readonly subtask: SubtaskData | undefined }) {
  const count = (result: string) =>
    subtask?.outcomes.filter((outcome) => outcome.result === result).length ?? 0;
  return (
    <tr>
      <td>
        {task.title}
        <div class="meta">
          <code>{task.id}</code>
          {task.requirementIds.length === 0 ? null : <span>{task.requirementIds.join(", ")}</span>}
        </div>
      </td>
      <td>
        {subtask === undefined ? <span class="soft">none yet</span> : <SubtaskPill state={subtask.state} />}
      </td>
      <td class="soft">
        {subtask === undefined || subtask.outcomes.length === 0
          ? "none yet"
          : `${count("passed")} passed, ${count("failed")} failed`}
      </td>
    </tr>
  );
}
