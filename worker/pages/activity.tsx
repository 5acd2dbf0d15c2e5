/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What a task's agents did: tool calls with what they took and gave, messages, commits, changes of state; the newest first. */
import { type ActivityEntry, AGENT_EVENT_TYPES } from "../../protocol/agent/events.ts";
import type { TaskData } from "../../protocol/line/task.ts";
import { ActivityEntries } from "./activity_entries.tsx";
import { Layout } from "./layout.tsx";
import { taskPath } from "./parts.tsx";

export interface ActivityFilter {
  readonly type: (typeof AGENT_EVENT_TYPES)[number] | null;
  readonly runId: string | null;
}

export interface ActivityPageView {
  readonly task: TaskData;
  readonly nowMs: number;
  readonly filter: ActivityFilter;
  /** Run and station, the oldest first. */
  readonly runs: readonly (readonly [string, string])[];
  /** The newest first. */
  readonly entries: readonly ActivityEntry[];
  /** Where older ones begin; null: there are none. */
  readonly olderBefore: number | null;
}

const WORDS: Readonly<Record<string, string>> = {
  status_change: "Changes of state",
  text: "What it said",
  thinking: "What it thought",
  tool_call: "Tool calls",
  tool_result: "Results of tools",
  commit: "Commits",
  message: "Messages",
  prompt_assembled: "Prompts",
  script_start: "Scripts begun",
  script_stop: "Scripts ended",
  loop_iteration: "Rounds whose check failed",
  loop_complete: "Goals reached",
  loop_stopped: "Loops stopped",
  service: "Services",
  usage: "Tokens and cost",
  bridge_disconnected: "Lost connections of its tools",
  pipeline_step: "Steps of its pipeline",
};

/** The page at `/p/{owner}/{project}/tasks/{taskId}/activity`. */
export function ActivityPage({ view }: { readonly view: ActivityPageView }) {
  const { task, entries, filter, olderBefore, nowMs } = view;
  const path = taskPath(task.owner, task.projectId, task.id);
  const older = new URLSearchParams({
    ...(filter.type === null ? {} : { type: filter.type }),
    ...(filter.runId === null ? {} : { run: filter.runId }),
    before: String(olderBefore),
  });
  return (
    <Layout
      title={`Activity of ${task.title}`}
      at="board"
      crumbs={[{ text: task.title, href: path }, { text: "activity" }]}
    >
      <h1>What agents did</h1>
      <Filters view={view} path={`${path}/activity`} />
      {entries.length === 0
        ? <p class="empty">Nothing of this kind is kept{olderBefore === null ? "" : " in this part"}.</p>
        : <ActivityEntries entries={entries} nowMs={nowMs} apiPath={apiOf(task)} />}
      {olderBefore === null ? null : (
        <nav class="pager" aria-label="More">
          <a class="button plain" href={`${path}/activity?${older}`}>Older ones</a>
        </nav>
      )}
    </Layout>
  );
}

/** Where the API has a task's events. */
export function apiOf(task: TaskData): string {
  const [owner, project] = [task.owner, task.projectId].map(encodeURIComponent);
  return `/api/owners/${owner}/projects/${project}/tasks/${task.id}/events`;
}

function Filters({ view: { filter, runs }, path }: {
  readonly view: ActivityPageView;
  readonly path: string;
}) {
  return (
    <form class="filters" method="get" action={path}>
      <div>
        <label for="type">What</label>
        <select id="type" name="type">
          <option value="">Everything</option>
          {AGENT_EVENT_TYPES.map((type) => (
            <option key={type} value={type} selected={type === filter.type}>{WORDS[type] ?? type}</option>
          ))}
        </select>
      </div>
      <div>
        <label for="run">Run</label>
        <select id="run" name="run">
          <option value="">All runs</option>
          {runs.map(([runId, stationId], i) => (
            <option key={runId} value={runId} selected={runId === filter.runId}>
              {i + 1}, {stationId}
            </option>
          ))}
        </select>
      </div>
      <div>
        <button type="submit">Show</button>
      </div>
    </form>
  );
}
