/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** One task: where it is, what its stations and people did, what they print right now, and what came out. */
import type { AssetData } from "../../protocol/line/task_asset.ts";
import type { TaskData } from "../../protocol/line/task.ts";
import type { TimelineEntry } from "../../protocol/line/log.ts";
import { apiOf } from "./activity.tsx";
import { AgentPanel, type AgentView } from "./agent.tsx";
import { AgentWork, type AgentWorkProps } from "./agent_work.tsx";
import { Diff, type DiffProps, Reports, type ReportView } from "./evidence.tsx";
import { May } from "./frame.tsx";
import { askPath } from "./gate_path.ts";
import { Layout } from "./layout.tsx";
import { linePath } from "./line_parts.tsx";
import { Ago, Status, taskPath } from "./parts.tsx";
import { TaskAssets } from "./task_assets.tsx";
import { isIdle, type StationName, TaskActions } from "./task_actions.tsx";
import { Terminal } from "./task_terminal.tsx";
import { sumOfUsage } from "../domain/model_usage.ts";
import { type AskedOfPeople, Timeline } from "./task_timeline.tsx";
import { usageInWords } from "./usage_words.ts";

/** Changes are pushed by the task's log; asking again is only the net below it. */
const POLL_MS = 10_000;

export interface TaskPageView {
  readonly task: TaskData;
  readonly nowMs: number;
  readonly output: {
    readonly tail: string;
    readonly tailOffset: number;
    readonly totalBytes: number;
    readonly isExpired: boolean;
  };
  /** Names below `/assets` of the terminal's files. */
  readonly terminal: { readonly xterm: string; readonly fit: string; readonly style: string };
  readonly timeline: readonly TimelineEntry[];
  readonly agents: Pick<AgentWorkProps, "activity" | "subtasks">;
  /** That which works right now, in a terminal; null: none does, or it tells nothing of itself. */
  readonly agent: AgentView | null;
  readonly stations: readonly StationName[];
  /** Beside the card. */
  readonly assets: readonly AssetData[];
  readonly asks: readonly AskedOfPeople[];
  /** The ask that the task waits on. */
  readonly pendingAskId: string | null;
  readonly reports: readonly ReportView[];
  readonly diff: DiffProps;
  /** A word from the last form, e.g. why it was not taken. */
  readonly notice: string | null;
}

/** The page at `/p/{owner}/{project}/tasks/{taskId}`. */
export function TaskPage({ view }: { readonly view: TaskPageView }) {
  const { task, output, terminal } = view;
  const isOver = task.status === "completed" || task.status === "failed";
  const over = { "data-over": isOver ? "" : undefined };
  const repository = taskPath(task.owner, task.projectId, task.id);
  const lineAt = { owner: task.owner, project: task.projectId };
  const log = `/api/owners/${encodeURIComponent(task.owner)}/projects/${
    encodeURIComponent(task.projectId)
  }/tasks/${task.id}/log`;
  const screen = (
    <Terminal
      log={log}
      {...output}
      isOver={isOver}
      agentRunId={view.agent?.runId ?? null}
      files={{ xterm: `/assets/${terminal.xterm}`, fit: `/assets/${terminal.fit}` }}
      stations={Object.fromEntries([
        ...task.history.map((entry) => [entry.stationId, entry.stationName]),
        ...view.stations.map((station) => [station.id, station.name]),
      ])}
    />
  );
  return (
    <Layout
      title={task.title}
      at="board"
      crumbs={[{ text: task.assemblyLineId, href: linePath(lineAt, task.assemblyLineId) }, {
        text: task.title,
      }]}
      scripts={[
        "live.js",
        "terminal.js",
        "replay.js",
        "activity.js",
        ...(view.agent === null ? [] : ["typing.js"]),
      ]}
      styles={[terminal.style]}
      pollMs={POLL_MS}
    >
      <h1>{task.title}</h1>
      {view.agent === null ? null : screen}
      <div class="two">
        <div>
          <div id="state" data-live {...over}>
            <State view={view} />
          </div>
          <div id="waiting" data-live {...over}>
            {task.pendingGateId === null ? null : <Waiting view={view} gateId={task.pendingGateId} />}
          </div>
          <div id="actions" data-live {...over}>
            <TaskActions task={task} stations={view.stations} />
          </div>
          <div id="history" data-live {...over}>
            <Timeline task={task} entries={view.timeline} asks={view.asks} log={log} nowMs={view.nowMs} />
          </div>
          <div id="agents" data-live {...over}>
            <AgentWork {...view.agents} path={repository} apiPath={apiOf(task)} nowMs={view.nowMs} />
          </div>
          <h2>Card</h2>
          <Card task={task} />
          <div id="assets" data-live {...over}>
            <TaskAssets assets={view.assets} />
          </div>
          <h2>Repository and work</h2>
          <p class="meta">
            <a href={`${repository}/files`}>Browse files</a>
            <a href={`${repository}/commits`}>Commits</a>
            <a href={`${repository}/specs`}>Specs</a>
            <a href={`${repository}/subtasks`}>Subtasks</a>
            <a href={`${repository}/activity`}>Activity</a>
          </p>
          <p class="small soft">
            Everything that the stations left. Any user name, and a token as the password:
          </p>
          <code class="clone">git clone {task.assemblyLineRepo.url}</code>
        </div>
        <div>
          {view.agent === null ? screen : <AgentPanel view={view.agent} from="task" />}
          <div id="evidence" data-live {...over}>
            <h2>Reports</h2>
            <Reports reports={view.reports} />
            <h2>Changes</h2>
            <Diff {...view.diff} />
          </div>
        </div>
      </div>
    </Layout>
  );
}

function Card({ task }: { readonly task: TaskData }) {
  return (
    <div class="panel">
      <pre class="text">{task.description === "" ? "No description." : task.description}</pre>
      <dl class="facts">
        <dt>Priority</dt>
        <dd>{task.priority}</dd>
        {task.labels.length === 0 ? null : (
          <>
            <dt>Labels</dt>
            <dd>{task.labels.join(", ")}</dd>
          </>
        )}
        <dt>Line</dt>
        <dd>
          {task.assemblyLineId},{" "}
          <a
            href={linePath(
              { owner: task.owner, project: task.projectId },
              task.assemblyLineId,
              `/versions/${task.assemblyLineVersion}`,
            )}
          >
            version {task.assemblyLineVersion}
          </a>
        </dd>
        <dt>Task</dt>
        <dd>
          <code>{task.id}</code>
        </dd>
      </dl>
    </div>
  );
}

function State({ view }: { readonly view: TaskPageView }) {
  const { task, nowMs } = view;
  const usage = sumOfUsage(task.history.map((entry) => entry.usage));
  return (
    <>
      <p class="meta">
        {isIdle(task) ? <span class="pill wait">Waits to be started</span> : <Status status={task.status} />}
        <span>
          submitted <Ago ms={task.createdAt} nowMs={nowMs} />
        </span>
      </p>
      {usage === null ? null : <p class="small soft">Its agents so far: {usageInWords(usage)}.</p>}
      {view.notice === null ? null : <p class="note wait" role="alert">{view.notice}</p>}
      {task.rejectionReason === null ? null : <p class="note bad">{task.rejectionReason}</p>}
    </>
  );
}

/** The question that the task waits on, for who may answer it here and now; its own page has the rest. */
function Waiting({ view, gateId }: { readonly view: TaskPageView; readonly gateId: string }) {
  const { task, pendingAskId } = view;
  const ask = pendingAskId === null ? null : askPath(task.owner, task.projectId, pendingAskId);
  return (
    <div class="panel stack">
      <h2 class="h3">This task waits at the gate “{gateId}”</h2>
      {ask === null ? null : (
        <p>
          <a href={ask}>The question, and all that can be done with it</a>
        </p>
      )}
      {ask === null ? null : (
        <May scope="gates:decide">
          <form class="stack" method="post" action={`${ask}/answer`}>
            <input type="hidden" name="from" value="task" />
            <div>
              <label for="reason">Reason</label>
              <textarea id="reason" name="comment" rows={2} maxlength={4000} placeholder="Needed to reject">
              </textarea>
            </div>
            <div class="row">
              <button class="approve" type="submit" name="decision" value="approve">Approve</button>
              <button class="reject" type="submit" name="decision" value="reject">Reject</button>
            </div>
          </form>
        </May>
      )}
    </div>
  );
}
