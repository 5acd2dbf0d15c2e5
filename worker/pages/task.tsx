/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** One task: where it is, what its stations did, what they print right now, and what came out. */
import type { TaskData, TaskHistoryEntry } from "../../protocol/line/task.ts";
import type { TimelineEntry } from "../../protocol/line/log.ts";
import { Diff, type DiffProps, Reports, type ReportView } from "./evidence.tsx";
import { Layout } from "./layout.tsx";
import { Ago, lasted, Status, taskPath, toneOf } from "./parts.tsx";

/** Changes are pushed by the task's log; asking again is only the net below it. */
const POLL_MS = 10_000;

export interface TaskPageView {
  readonly task: TaskData;
  readonly nowMs: number;
  readonly output: { readonly tail: string; readonly tailOffset: number; readonly totalBytes: number };
  readonly timeline: readonly TimelineEntry[];
  readonly reports: readonly ReportView[];
  readonly diff: DiffProps;
  /** A word from the last form, e.g. why a decision was not taken. */
  readonly notice: string | null;
}

/** The page at `/p/{owner}/{project}/tasks/{taskId}`. */
export function TaskPage({ view }: { readonly view: TaskPageView }) {
  const { task, output } = view;
  const isOver = task.status === "completed" || task.status === "failed";
  const stream = `/api/owners/${encodeURIComponent(task.owner)}/projects/${
    encodeURIComponent(task.projectId)
  }/tasks/${task.id}/log`;
  const repository = taskPath(task.owner, task.projectId, task.id);
  return (
    <Layout title={task.title} isSignedIn scripts={["live.js", "output.js"]} pollMs={POLL_MS}>
      <nav class="crumbs" aria-label="Where you are">
        <a href="/">Board</a> / {task.owner} / {task.projectId} / {task.assemblyLineId}
      </nav>
      <h1>{task.title}</h1>
      <div class="two">
        <div>
          <div id="state" data-live data-over={isOver ? "" : undefined}>
            <State view={view} />
          </div>
          <h2>Card</h2>
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
              <dd>{task.assemblyLineId}, version {task.assemblyLineVersion}</dd>
              <dt>Task</dt>
              <dd>
                <code>{task.id}</code>
              </dd>
            </dl>
          </div>
          <h2>Repository</h2>
          <p class="meta">
            <a href={`${repository}/files`}>Browse files</a>
            <a href={`${repository}/commits`}>Commits</a>
          </p>
          <p class="small soft">
            Everything that the stations left. Any user name, and a token as the password:
          </p>
          <code class="clone">git clone {task.assemblyLineRepo.url}</code>
        </div>
        <div>
          <h2>
            Output <span class="count" id="output-status">{isOver ? "ended" : ""}</span>
          </h2>
          {output.tailOffset > 0
            ? (
              <p class="soft small">
                The beginning is left out: <a href={stream}>all of it</a>.
              </p>
            )
            : null}
          <pre
            class="log"
            id="output"
            tabindex={0}
            data-stream={`${stream}/ws`}
            data-offset={output.totalBytes}
            data-over={isOver ? "" : undefined}
          >{output.tail}</pre>
          <div id="evidence" data-live data-over={isOver ? "" : undefined}>
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

function State({ view }: { readonly view: TaskPageView }) {
  const { task, nowMs } = view;
  return (
    <>
      <p class="meta">
        <Status status={task.status} />
        <span>
          submitted <Ago ms={task.createdAt} nowMs={nowMs} />
        </span>
      </p>
      {view.notice === null ? null : <p class="note wait" role="alert">{view.notice}</p>}
      {task.rejectionReason === null ? null : <p class="note bad">{task.rejectionReason}</p>}
      {task.pendingGateId === null ? null : <GateForm task={task} gateId={task.pendingGateId} />}
      <h2>Stations</h2>
      {task.history.length === 0 ? <p class="empty">No station was reached yet.</p> : null}
      <ol class="stations">
        {task.history.map((entry) => <Station key={entry.jobId} entry={entry} task={task} nowMs={nowMs} />)}
        {task.pendingGateId === null ? null : (
          <li class="wait">
            <div>
              <strong>Gate: {task.pendingGateId}</strong>
              <div class="meta">
                <Status status={task.status} />
              </div>
            </div>
          </li>
        )}
      </ol>
      <Timeline entries={view.timeline} />
    </>
  );
}

/** Everything that was recorded about the task, in order; folded, as the stations above say the most of it. */
function Timeline({ entries }: { readonly entries: readonly TimelineEntry[] }) {
  if (entries.length === 0) return null;
  return (
    <details id="timeline">
      <summary>
        Timeline <span class="small soft">{entries.length} events, times in UTC</span>
      </summary>
      <ol class="events">
        {entries.map((entry) => (
          <li key={entry.eventId}>
            <time class="mono soft" datetime={new Date(entry.atMs).toISOString()}>
              {new Date(entry.atMs).toISOString().slice(11, 19)}
            </time>
            <span>
              {entry.kind.replaceAll("_", " ")}
              <span class="soft">
                {[entry.stationId, entry.runnerName, entry.detail].filter((part) => part).map((part) =>
                  ` · ${part}`
                )}
              </span>
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}

function GateForm({ task, gateId }: { readonly task: TaskData; readonly gateId: string }) {
  const action = `${taskPath(task.owner, task.projectId, task.id)}/gates/${encodeURIComponent(gateId)}`;
  return (
    <form class="panel stack" method="post" action={action}>
      <h3>This task waits at the gate “{gateId}”</h3>
      <div>
        <label for="reason">Reason</label>
        <textarea id="reason" name="reason" rows={2} maxlength={4000} placeholder="Needed to reject">
        </textarea>
      </div>
      <div class="row">
        <button class="approve" type="submit" name="action" value="approve">Approve</button>
        <button class="reject" type="submit" name="action" value="reject">Reject</button>
      </div>
    </form>
  );
}

interface StationProps {
  readonly entry: TaskHistoryEntry;
  readonly task: TaskData;
  readonly nowMs: number;
}

function Station({ entry, task, nowMs }: StationProps) {
  const status = entry.outcome ?? (entry.jobId === task.currentJobId ? task.status : "queued");
  const untilMs = entry.endedAt ?? nowMs;
  return (
    <li class={toneOf(status)}>
      <div>
        <strong>{entry.stationName}</strong>
        {entry.attempt > 1 ? <span class="soft small">attempt {entry.attempt}</span> : null}
        <div class="meta">
          <Status status={status} />
          {entry.startedAt === null ? null : <span>{lasted(untilMs - entry.startedAt)}</span>}
          {entry.runnerName === null ? null : <span>on {entry.runnerName}</span>}
          {entry.runs > 1 ? <span>{entry.runs} runs</span> : null}
          {entry.exitCode === null || entry.exitCode === 0 ? null : <span>exit code {entry.exitCode}</span>}
        </div>
        {entry.summary === null ? null : <p class="small">{entry.summary}</p>}
        {entry.reason === null ? null : <p class="small soft">{entry.reason}</p>}
      </div>
    </li>
  );
}
