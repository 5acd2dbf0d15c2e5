/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What a task's agents do in detail: its subtasks, and the newest entries of their activity. Nothing where there is none. */
import type { ActivityEntry } from "../../protocol/agent/events.ts";
import type { SubtaskData } from "../../protocol/agent/subtask.ts";
import { ActivityEntries } from "./activity_entries.tsx";
import { SubtaskPill } from "./subtask_words.tsx";

export interface AgentWorkProps {
  readonly subtasks: readonly SubtaskData[];
  /** The oldest first. */
  readonly activity: readonly ActivityEntry[];
  /** The page of the task. */
  readonly path: string;
  /** Where the API has the task's events. */
  readonly apiPath: string;
  readonly nowMs: number;
}

export function AgentWork({ subtasks, activity, path, apiPath, nowMs }: AgentWorkProps) {
  return (
    <>
      {subtasks.length === 0 ? null : (
        <>
          <h2>
            Subtasks <span class="count">{subtasks.length}</span>
            <a class="small" href={`${path}/subtasks`}>All about them</a>
          </h2>
          <ul class="files panel small">
            {subtasks.map((subtask) => <Subtask key={subtask.id} subtask={subtask} />)}
          </ul>
        </>
      )}
      {activity.length === 0 ? null : (
        <details id="activity">
          <summary>
            What agents did <span class="small soft">the newest {activity.length} entries</span>
          </summary>
          <div class="inset">
            <ActivityEntries entries={activity.toReversed()} nowMs={nowMs} apiPath={apiPath} />
            <p>
              <a href={`${path}/activity`}>All of it</a>
            </p>
          </div>
        </details>
      )}
    </>
  );
}

function Subtask({ subtask }: { readonly subtask: SubtaskData }) {
  const failed = subtask.outcomes.filter(({ result }) => result === "failed").length;
  return (
    <li>
      <span>
        <SubtaskPill state={subtask.state} /> <code>{subtask.id}</code> {subtask.title}
      </span>
      <span class="soft">
        {subtask.agent === null ? null : `at ${subtask.agent.stationId}`}
        {failed === 0 ? null : ` ${failed} of its checks have failed`}
        {subtask.rationale === null ? null : ` ${subtask.rationale}`}
      </span>
    </li>
  );
}
