/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The subtasks of a task: their states, whose they are, what verification said; and the forms that change them. */
import type { SubtaskData } from "../../protocol/agent/subtask.ts";
import type { TaskData } from "../../protocol/line/task.ts";
import { May } from "./frame.tsx";
import { Layout } from "./layout.tsx";
import { Ago, runPath, taskPath } from "./parts.tsx";
import { SubtaskForms } from "./subtask_forms.tsx";
import { SubtaskPill } from "./subtask_words.tsx";

export interface SubtasksView {
  readonly task: TaskData;
  readonly subtasks: readonly SubtaskData[];
  readonly stations: readonly { readonly id: string; readonly name: string }[];
  readonly nowMs: number;
  /** Why the last form was not taken. */
  readonly fault: string | null;
}

/** The page at `/p/{owner}/{project}/tasks/{taskId}/subtasks`. */
export function SubtasksPage({ view }: { readonly view: SubtasksView }) {
  const { task, subtasks, fault } = view;
  const path = taskPath(task.owner, task.projectId, task.id);
  return (
    <Layout
      title={`Subtasks of ${task.title}`}
      at="board"
      crumbs={[{ text: task.title, href: path }, { text: "subtasks" }]}
    >
      <h1>Subtasks</h1>
      <p class="soft">
        Parts of the task, each for one agent. They are made of the tasks of{" "}
        <a href={`${path}/specs`}>its specs</a>, or by hand.
      </p>
      {fault === null ? null : <p class="note bad" role="alert">{fault}</p>}
      {subtasks.length === 0
        ? <p class="empty">This task has no subtasks.</p>
        : (
          <div class="scroll" tabindex={0} role="region" aria-label="Subtasks">
            <table class="wraps">
              <thead>
                <tr>
                  <th>Subtask</th>
                  <th>State</th>
                  <th>Verification</th>
                </tr>
              </thead>
              <tbody>
                {subtasks.map((subtask) => <Row key={subtask.id} subtask={subtask} view={view} />)}
              </tbody>
            </table>
          </div>
        )}
      <May scope="tasks:write">
        <SubtaskForms subtasks={subtasks} stations={view.stations} path={path} />
      </May>
    </Layout>
  );
}

function Row({ subtask, view }: { readonly subtask: SubtaskData; readonly view: SubtasksView }) {
  const { task, nowMs } = view;
  const { id, spec, title, agent, outcomes, note, rationale, requirementIds, changedAt } = subtask;
  return (
    <tr>
      <td>
        {title}
        <div class="meta">
          <code>{id}</code>
          {spec === null
            ? null
            : (
              <a href={`${taskPath(task.owner, task.projectId, task.id)}/specs/${encodeURIComponent(spec)}`}>
                {spec}
              </a>
            )}
          {requirementIds.length === 0 ? null : <span>{requirementIds.join(", ")}</span>}
          {agent === null
            ? subtask.stationId === null ? null : <span>for station {subtask.stationId}</span>
            : (
              <span>
                at <a href={runPath(task.owner, task.projectId, agent.runId)}>{agent.stationId}</a>
              </span>
            )}
        </div>
        {note === null ? null : <div class="small">{note}</div>}
      </td>
      <td>
        <SubtaskPill state={subtask.state} />
        <div class="small soft">
          <Ago ms={Date.parse(changedAt)} nowMs={nowMs} />
        </div>
        {rationale === null ? null : <div class="small">{rationale}</div>}
      </td>
      <td>
        {outcomes.length === 0 ? <span class="soft">none yet</span> : (
          <ul class="bare small">
            {outcomes.map((outcome, i) => (
              <li key={String(i)}>
                <span class={outcome.result === "failed" ? "minus" : ""}>
                  {outcome.checkId}: {outcome.result}
                </span>
                {outcome.detail === "" ? null : <span class="soft">, {outcome.detail}</span>}
              </li>
            ))}
          </ul>
        )}
      </td>
    </tr>
  );
}
