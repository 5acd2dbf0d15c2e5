/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** One run: where and in what it ran, under which lease, how it ended, and what it used of its machine. */
import type { RunData } from "../../protocol/line/job.ts";
import type { TimelineEntry } from "../../protocol/line/log.ts";
import type { TaskData } from "../../protocol/line/task.ts";
import type { RunUsage, SandboxFacts, UsagePoint } from "../../protocol/line/usage.ts";
import type { RunnerView } from "../domain/job_queue_api.ts";
import { Chart } from "./chart.tsx";
import { inWords } from "./chart_scale.ts";
import { AgentPanel, type AgentView } from "./agent.tsx";
import type { ProjectName } from "./frame.tsx";
import { Layout } from "./layout.tsx";
import { Ago, Commit, lasted, Status, taskPath } from "./parts.tsx";
import { usageCharts } from "./run_charts.ts";
import { stampOf } from "./stamp.ts";
import { worktreePath } from "./worktree.tsx";
import { usageInWords } from "./usage_words.ts";

export interface RunPageView {
  readonly at: ProjectName;
  readonly nowMs: number;
  readonly run: RunData;
  readonly task: TaskData;
  readonly stationName: string;
  /** Null: it was removed since. */
  readonly runner: RunnerView | null;
  /** Null: its runner never said. */
  readonly usage: RunUsage | null;
  readonly agent: AgentView;
  /** Of this run alone. */
  readonly timeline: readonly TimelineEntry[];
}

/** The page at `/p/{owner}/{project}/runs/{runId}`. */
export function RunPage({ view }: { readonly view: RunPageView }) {
  const { at, nowMs, run, task, stationName, usage } = view;
  const title = `${stationName}, run by ${run.runnerName}`;
  const crumbs = [{ text: task.title, href: taskPath(at.owner, at.project, task.id) }, { text: "run" }];
  return (
    <Layout title={title} at="board" crumbs={crumbs} scripts={["live.js"]}>
      <h1>{title}</h1>
      <div class="meta">
        <Status status={run.conclusion ?? run.status} />
        <code>{run.id}</code>
        <span>{task.title}</span>
        <Ago ms={run.endedAt ?? run.startedAt ?? run.claimedAt} nowMs={nowMs} />
        {run.endedAt === null ? <a href={worktreePath(at, run.id)}>Look into its worktree</a> : null}
      </div>
      {run.summary === null ? null : <p class="panel text">{run.summary}</p>}
      {run.error === null ? null : <p class="note bad text">{run.error}</p>}
      <div class="plots">
        <Ending view={view} />
        <Place view={view} />
        <Sandbox sandbox={usage?.sandbox ?? null} />
      </div>
      {run.endedAt !== null && view.agent.facts.status === null
        ? null
        : <AgentPanel view={view.agent} from="run" />}
      <h2>Resource use</h2>
      <Use usage={usage} isOver={run.endedAt !== null} />
      <Events entries={view.timeline} />
    </Layout>
  );
}

function Ending({ view: { at, run, nowMs } }: { readonly view: RunPageView }) {
  const [o, p, id] = [at.owner, at.project, run.taskId].map(encodeURIComponent);
  const endMs = run.endedAt ?? nowMs;
  return (
    <section class="panel">
      <h3>Times and outcome</h3>
      <dl class="facts">
        <dt>Claimed</dt>
        <dd>
          <Ago ms={run.claimedAt} nowMs={nowMs} />
        </dd>
        <dt>Started</dt>
        <dd>
          {run.startedAt === null ? "not yet" : `${lasted(run.startedAt - run.claimedAt)} after the claim`}
        </dd>
        <dt>{run.endedAt === null ? "Running for" : "Lasted"}</dt>
        <dd>{lasted(endMs - (run.startedAt ?? run.claimedAt))}</dd>
        <dt>Outcome</dt>
        <dd>{run.conclusion ?? "none yet"}</dd>
        {run.exitCode === null ? null : (
          <>
            <dt>Exit code</dt>
            <dd>{run.exitCode}</dd>
          </>
        )}
        {run.progress === null ? null : (
          <>
            <dt>Stage</dt>
            <dd>{run.progress.stage}{run.progress.message === "" ? "" : `: ${run.progress.message}`}</dd>
          </>
        )}
        {run.headCommit === null ? null : (
          <>
            <dt>Commits</dt>
            <dd>
              {run.baseCommit === null ? null : (
                <>
                  <Commit id={run.baseCommit} /> to{" "}
                </>
              )}
              <Commit id={run.headCommit} />
            </dd>
          </>
        )}
        {run.usage === null ? null : (
          <>
            <dt>Model</dt>
            <dd>{usageInWords(run.usage)}</dd>
          </>
        )}
        <dt>Output</dt>
        <dd>
          <a href={`/api/owners/${o}/projects/${p}/tasks/${id}/log?run=${encodeURIComponent(run.id)}`}>
            as text
          </a>
        </dd>
        <dt>Activity</dt>
        <dd>
          <a
            href={`${taskPath(at.owner, at.project, run.taskId)}/activity?run=${encodeURIComponent(run.id)}`}
          >
            what its agent did
          </a>
        </dd>
        <dt>Reports</dt>
        <dd>
          <a href={taskPath(at.owner, at.project, run.taskId)}>with the task</a>
        </dd>
      </dl>
    </section>
  );
}

function Place({ view: { run, runner } }: { readonly view: RunPageView }) {
  return (
    <section class="panel">
      <h3>Runner and lease</h3>
      <dl class="facts">
        <dt>Runner</dt>
        <dd>{run.runnerName}{runner === null ? ", removed since" : `, ${runner.status} now`}</dd>
        {runner?.version == null ? null : (
          <>
            <dt>Version</dt>
            <dd>{runner.version}</dd>
          </>
        )}
        {runner === null || runner.labels.length === 0 ? null : (
          <>
            <dt>Labels</dt>
            <dd>{runner.labels.join(", ")}</dd>
          </>
        )}
        <dt>Lease epoch</dt>
        <dd>{run.leaseEpoch}</dd>
        <dt>Job</dt>
        <dd>
          <code>{run.jobId}</code>
        </dd>
      </dl>
    </section>
  );
}

function Sandbox({ sandbox }: { readonly sandbox: SandboxFacts | null }) {
  if (sandbox === null) {
    return (
      <section class="panel">
        <h3>Sandbox</h3>
        <p class="soft">Its runner has not said what it ran in.</p>
      </section>
    );
  }
  const { driver, containerId, image, cpus, memoryBytes, pids } = sandbox;
  return (
    <section class="panel">
      <h3>Sandbox</h3>
      <dl class="facts">
        <dt>Driver</dt>
        <dd>{driver}{driver === "process" ? ", which isolates nothing" : ""}</dd>
        <dt>Image</dt>
        <dd>{image === null ? "none" : <code>{image}</code>}</dd>
        <dt>Container</dt>
        <dd>
          <code title={containerId}>{containerId.slice(0, 26)}</code>
        </dd>
        <dt>Limits</dt>
        <dd>
          {cpus === null && memoryBytes === null && pids === null ? "none" : [
            ...(cpus === null ? [] : [`${cpus} cores`]),
            ...(memoryBytes === null ? [] : [inWords("bytes", memoryBytes)]),
            ...(pids === null ? [] : [`${pids} processes`]),
          ].join(", ")}
        </dd>
      </dl>
    </section>
  );
}

function Use({ usage, isOver }: { readonly usage: RunUsage | null; readonly isOver: boolean }) {
  const points = usage?.points ?? [];
  const charts = usageCharts(points, usage?.sandbox ?? null);
  if (charts.length > 0) {
    return (
      <>
        <p class="small soft">{totals(points)}</p>
        <div class="plots">
          {charts.map((spec) => <Chart key={spec.id} spec={spec} />)}
        </div>
      </>
    );
  }
  if (points.length === 1) return <p class="small soft">{totals(points)} It was too short for a course.</p>;
  return (
    <p class="empty">
      {isOver
        ? "Its runner told nothing of it."
        : "Nothing is known yet: runners tell it each minute, and at the end."}
    </p>
  );
}

function totals(points: readonly UsagePoint[]): string {
  const last = points.at(-1)!;
  const peak = Math.max(...points.map(({ memoryBytes }) => memoryBytes));
  return `In all ${inWords("ms", last.cpuMs)} of processor time, at most ${
    inWords("bytes", peak)
  } of memory, ` +
    `${inWords("bytes", last.readBytes)} read and ${
      inWords("bytes", last.writeBytes)
    } written, as far as was looked.`;
}

function Events({ entries }: { readonly entries: readonly TimelineEntry[] }) {
  if (entries.length === 0) return null;
  const stamp = stampOf(entries.map(({ atMs }) => atMs));
  return (
    <>
      <h2>
        Timeline <span class="count">times in UTC</span>
      </h2>
      <ol class="panel events">
        {entries.map(({ eventId, atMs, kind, detail }) => (
          <li key={eventId}>
            <time class="mono soft" datetime={new Date(atMs).toISOString()}>
              {stamp(atMs)}
            </time>
            <span>
              {kind.replaceAll("_", " ")}
              {detail === "" ? "" : `: ${detail}`}
            </span>
          </li>
        ))}
      </ol>
    </>
  );
}
