/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The subtasks of a task: their states, whose they are, what verification said; moving one, and adding some. */
import { SUBTASK_NOTE_MAX_CHARS } from "../../protocol/agent/limits.ts";
import type { SubtaskData } from "../../protocol/agent/subtask.ts";
import type { TaskData } from "../../protocol/line/task.ts";
import { May } from "./frame.tsx";
import { Layout } from "./layout.tsx";
import { Ago, runPath, taskPath } from "./parts.tsx";
import { SubtaskPill, subtaskWords } from "./subtask_words.tsx";

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
        Parts of the task, each for one agent. <a href={`${path}/specs`}>Its specs</a>
      </p>
      {fault === null ? null : <p class="note bad" role="alert">{fault}</p>}
      {subtasks.length === 0
        ? <p class="empty">This task has no subtasks.</p>
        : (
          <div class="scroll" tabindex={0} role="region" aria-label="Subtasks">
            <table>
              <thead>
                <tr>
                  <th>Subtask</th>
                  <th>State</th>
                  <th>Agent</th>
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
        {subtasks.some(({ allowedNext }) => allowedNext.length > 0) ? <Move view={view} path={path} /> : null}
        <Add view={view} path={path} />
      </May>
    </Layout>
  );
}

function Row({ subtask, view }: { readonly subtask: SubtaskData; readonly view: SubtasksView }) {
  const { task, nowMs } = view;
  const { id, title, agent, outcomes, note, rationale, requirementIds, changedAt } = subtask;
  return (
    <tr>
      <td>
        {title}
        <div class="meta">
          <code>{id}</code>
          {requirementIds.length === 0 ? null : <span>{requirementIds.join(", ")}</span>}
        </div>
      </td>
      <td>
        <SubtaskPill state={subtask.state} />
        <div class="small soft">
          <Ago ms={Date.parse(changedAt)} nowMs={nowMs} />
        </div>
        {rationale === null ? null : <div class="small">{rationale}</div>}
      </td>
      <td>
        {agent === null
          ? <span class="soft">{subtask.stationId === null ? "nobody" : `for ${subtask.stationId}`}</span>
          : <a href={runPath(task.owner, task.projectId, agent.runId)}>{agent.stationId}</a>}
        {note === null ? null : <div class="small">{note}</div>}
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

interface FormProps {
  readonly view: SubtasksView;
  readonly path: string;
}

function Move({ view, path }: FormProps) {
  const movable = view.subtasks.filter(({ allowedNext }) => allowedNext.length > 0);
  return (
    <details id="move">
      <summary>Move a subtask</summary>
      <form class="stack fold" method="post" action={`${path}/subtasks/transition`}>
        <div>
          <label for="move-to">Subtask, and where it goes</label>
          <select id="move-to" name="move">
            {movable.map(({ id, title, state, allowedNext }) => (
              <optgroup key={id} label={`${title} (${subtaskWords(state)})`}>
                {allowedNext.map((next) => (
                  <option key={next} value={`${next} ${id}`}>{id}: {subtaskWords(next)}</option>
                ))}
              </optgroup>
            ))}
          </select>
        </div>
        <div>
          <label for="rationale">
            Why <span class="soft small">(needed to drop one)</span>
          </label>
          <textarea id="rationale" name="rationale" rows={2} maxlength={SUBTASK_NOTE_MAX_CHARS}></textarea>
        </div>
        <button type="submit">Move it</button>
      </form>
    </details>
  );
}

function Add({ view, path }: FormProps) {
  return (
    <details id="add">
      <summary>Add a subtask</summary>
      <form class="stack fold" method="post" action={`${path}/subtasks`}>
        <div class="row">
          <div>
            <label for="subtask-id">Name, without spaces</label>
            <input id="subtask-id" name="id" required maxlength={150} />
          </div>
          <div>
            <label for="subtask-title">Title</label>
            <input id="subtask-title" name="title" required maxlength={300} />
          </div>
          <div>
            <label for="subtask-station">Station</label>
            <select id="subtask-station" name="stationId">
              <option value="">Any</option>
              {view.stations.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
            </select>
          </div>
        </div>
        <button type="submit">Add it</button>
      </form>
    </details>
  );
}
