/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What a person does to subtasks: move one, say what a check of one found, add one by hand. */
import { SUBTASK_NOTE_MAX_CHARS } from "../../protocol/agent/limits.ts";
import type { SubtaskData } from "../../protocol/agent/subtask.ts";
import { StationChoice } from "./station_choice.tsx";
import { moveWords, subtaskWords } from "./subtask_words.tsx";

export interface SubtaskFormsProps {
  readonly subtasks: readonly SubtaskData[];
  readonly stations: readonly { readonly id: string; readonly name: string }[];
  /** Of the page of the task. */
  readonly path: string;
}

export function SubtaskForms({ subtasks, stations, path }: SubtaskFormsProps) {
  const movable = subtasks.filter(({ allowedNext }) => allowedNext.length > 0);
  const verifiable = subtasks.filter(({ state }) => state === "awaiting_verification" || state === "done");
  return (
    <>
      {movable.length === 0 ? null : <Move subtasks={movable} path={path} />}
      {verifiable.length === 0 ? null : <Verify subtasks={verifiable} path={path} />}
      <Add stations={stations} path={path} />
    </>
  );
}

interface FormProps {
  readonly subtasks: readonly SubtaskData[];
  readonly path: string;
}

function Move({ subtasks, path }: FormProps) {
  return (
    <details id="move">
      <summary>Move a subtask</summary>
      <form class="stack fold" method="post" action={`${path}/subtasks/transition`}>
        <div>
          <label for="move-to">Subtask, and where it goes</label>
          <select id="move-to" name="move">
            {subtasks.map(({ id, title, state, allowedNext }) => (
              <optgroup key={id} label={`${title} (${subtaskWords(state)})`}>
                {allowedNext.map((next) => (
                  <option key={next} value={`${next} ${id}`}>{id}: {moveWords(state, next)}</option>
                ))}
              </optgroup>
            ))}
          </select>
        </div>
        <div>
          <label for="rationale">
            Why <span class="soft small">(needed to drop one, which is for good)</span>
          </label>
          <textarea id="rationale" name="rationale" rows={2} maxlength={SUBTASK_NOTE_MAX_CHARS}></textarea>
        </div>
        <button type="submit">Move it</button>
      </form>
    </details>
  );
}

function Verify({ subtasks, path }: FormProps) {
  return (
    <details id="verify">
      <summary>Say what a check found</summary>
      <form class="stack fold" method="post" action={`${path}/subtasks/verification`}>
        <div class="row">
          <div>
            <label for="verify-subtask">Subtask</label>
            <select id="verify-subtask" name="subtaskId">
              {subtasks.map(({ id, title }) => <option key={id} value={id}>{id}: {title}</option>)}
            </select>
          </div>
          <div>
            <label for="verify-check">Check</label>
            <input id="verify-check" name="checkId" required maxlength={150} value="by hand" />
          </div>
          <div>
            <label for="verify-result">It</label>
            <select id="verify-result" name="result">
              <option value="passed">passed: the subtask is done</option>
              <option value="failed">failed: it is looked at again</option>
            </select>
          </div>
        </div>
        <div>
          <label for="verify-detail">What was seen</label>
          <textarea id="verify-detail" name="detail" rows={2} maxlength={SUBTASK_NOTE_MAX_CHARS}></textarea>
        </div>
        <button type="submit">Say so</button>
      </form>
    </details>
  );
}

function Add({ stations, path }: Omit<SubtaskFormsProps, "subtasks">) {
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
          <StationChoice id="subtask-station" label="Station" stations={stations} />
        </div>
        <button type="submit">Add it</button>
      </form>
    </details>
  );
}
