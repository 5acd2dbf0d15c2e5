/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What a task's agents do in detail: its subtasks, and the newest entries of their activity. Nothing where there is none. */
import type { ActivityEntry } from "../../protocol/agent/events.ts";
import type { SubtaskData, SubtaskState } from "../../protocol/agent/subtask.ts";
import { Ago, type Tone } from "./parts.tsx";

/** What one line shows of an entry's payload. */
const SHOWN_MAX_CHARS = 160;

const STATES: Readonly<Record<SubtaskState, { readonly text: string; readonly tone: Tone }>> = {
  pending: { text: "Pending", tone: "" },
  queued: { text: "Queued", tone: "" },
  in_progress: { text: "In progress", tone: "busy" },
  awaiting_verification: { text: "Waits for verification", tone: "wait" },
  done: { text: "Done", tone: "good" },
  pending_reevaluation: { text: "To be looked at again", tone: "wait" },
  dropped: { text: "Dropped", tone: "bad" },
};

export interface AgentWorkProps {
  readonly subtasks: readonly SubtaskData[];
  /** The oldest first. */
  readonly activity: readonly ActivityEntry[];
  readonly nowMs: number;
}

export function AgentWork({ subtasks, activity, nowMs }: AgentWorkProps) {
  return (
    <>
      {subtasks.length === 0 ? null : (
        <>
          <h2>Subtasks</h2>
          <ul class="small">{subtasks.map((subtask) => <Subtask key={subtask.id} subtask={subtask} />)}</ul>
        </>
      )}
      {activity.length === 0 ? null : (
        <details>
          <summary>What the agents did: the newest {activity.length} entries</summary>
          <ul class="small">
            {activity.toReversed().map((entry) => <Entry key={entry.id} entry={entry} nowMs={nowMs} />)}
          </ul>
        </details>
      )}
    </>
  );
}

function Subtask({ subtask }: { readonly subtask: SubtaskData }) {
  const { text, tone } = STATES[subtask.state];
  const failed = subtask.outcomes.filter(({ result }) => result === "failed").length;
  return (
    <li>
      <span class={`pill ${tone}`}>{text}</span> <code>{subtask.id}</code> {subtask.title}
      {subtask.agent === null ? null : <span class="soft">at {subtask.agent.stationId}</span>}
      {failed === 0 ? null : <span class="soft">{failed} of its checks have failed</span>}
      {subtask.rationale === null ? null : <span class="soft">{subtask.rationale}</span>}
    </li>
  );
}

function Entry({ entry, nowMs }: { readonly entry: ActivityEntry; readonly nowMs: number }) {
  const { type, payload } = entry;
  if (type === "dropped") {
    return <li class="soft">{String(payload["events"])} older entries are not kept any more</li>;
  }
  return (
    <li>
      <Ago ms={entry.atMs} nowMs={nowMs} /> <b>{type.replaceAll("_", " ")}</b>{" "}
      <span class="soft">{JSON.stringify(payload).slice(0, SHOWN_MAX_CHARS)}</span>
    </li>
  );
}
