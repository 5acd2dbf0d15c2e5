/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The runners of a project: who is there, what they do, how busy they were; and how another one comes. */
import type { RunnerView } from "../domain/job_queue_api.ts";
import { Chart } from "./chart.tsx";
import type { ChartSpec } from "./chart_spec.ts";
import { May, type ProjectName, projectPath } from "./frame.tsx";
import { Layout } from "./layout.tsx";
import { Ago, taskPath } from "./parts.tsx";
import { RunnerActions } from "./runner_actions.tsx";
import { RunnerState } from "./runner_state.tsx";

/** The queue says nothing when a runner comes or goes: it is asked. */
const POLL_MS = 5_000;

export interface HeldJob {
  readonly jobId: string;
  readonly taskId: string;
  readonly stationId: string;
}

export interface RunnersView {
  readonly at: ProjectName;
  readonly nowMs: number;
  readonly runners: readonly RunnerView[];
  readonly held: readonly HeldJob[];
  /** Null: there is no history to draw it from. */
  readonly busy: ChartSpec | null;
  readonly notice: string | null;
}

/** The page at `/p/{owner}/{project}/runners`. */
export function RunnersPage({ view }: { readonly view: RunnersView }) {
  const { at, busy, notice } = view;
  const path = `${projectPath(at)}/runners`;
  return (
    <Layout
      title="Runners"
      at="runners"
      crumbs={[{ text: "Runners" }]}
      scripts={["live.js"]}
      pollMs={POLL_MS}
    >
      <h1>Runners</h1>
      {notice === null ? null : <p class="note wait" role="alert">{notice}</p>}
      <div id="runners" data-live>
        <Runners view={view} />
      </div>
      <May scope="runners:write">
        <h2>Another runner</h2>
        <form class="panel stack" method="post" action={`${path}/registration`}>
          <p>
            A runner is a machine of yours with Podman and a clone of Shopfloor. It dials out: nothing has to
            be opened. This makes a token that registers runners of this project for an hour, and the command
            to paste there.
          </p>
          <button type="submit">Make a registration command</button>
        </form>
      </May>
      <h2>Capacity</h2>
      {busy === null
        ? <p class="note">Without a history there is nothing to draw it from.</p>
        : (
          <div class="plots">
            <Chart spec={busy} />
          </div>
        )}
    </Layout>
  );
}

function Runners({ view }: { readonly view: RunnersView }) {
  const { runners } = view;
  if (runners.length === 0) {
    return <p class="empty">No runner is registered yet: tasks wait until one is.</p>;
  }
  const online = runners.filter(({ status }) => status === "online");
  const tiles = [
    ["online", online.length],
    ["busy", runners.filter(({ currentJobIds }) => currentJobIds.length > 0).length],
    [
      "free",
      online.filter(({ currentJobIds, intake }) => currentJobIds.length === 0 && intake === "open").length,
    ],
    ["jobs under way", runners.reduce((sum, { currentJobIds }) => sum + currentJobIds.length, 0)],
  ] as const;
  return (
    <>
      <ul class="tiles">
        {tiles.map(([word, count]) => (
          <li key={word} class="tile">
            <strong>{count}</strong> {word}
          </li>
        ))}
      </ul>
      <ul class="cards">
        {runners.map((runner) => <RunnerCard key={runner.id} runner={runner} view={view} />)}
      </ul>
    </>
  );
}

function RunnerCard({ runner, view }: { readonly runner: RunnerView; readonly view: RunnersView }) {
  const { at, held, nowMs } = view;
  const { name, labels, version, harnesses, capabilities, currentJobIds } = runner;
  return (
    <li class="card">
      <h3>{name}</h3>
      <RunnerState runner={runner} />
      <div class="chips">{labels.map((label) => <span key={label} class="chip">{label}</span>)}</div>
      <dl class="facts">
        <Fact term="Seen">
          <Ago ms={runner.lastSeenAtMs} nowMs={nowMs} />
        </Fact>
        <Fact term="Version">{version ?? "not said"}</Fact>
        <Fact term="Harnesses">{harnesses === null ? "not said" : listed(harnesses)}</Fact>
        <Fact term="Can do">{capabilities === null ? "not said" : listed(capabilities)}</Fact>
        {currentJobIds.length === 0 ? null : (
          <Fact term="Works on">
            {currentJobIds.map((jobId) => {
              const job = held.find((one) => one.jobId === jobId);
              return job === undefined
                ? <code key={jobId}>{jobId}</code>
                : (
                  <a key={jobId} class="job" href={taskPath(at.owner, at.project, job.taskId)}>
                    {job.stationId}
                  </a>
                );
            })}
          </Fact>
        )}
      </dl>
      <May scope="runners:write">
        <RunnerActions at={at} runner={runner} />
      </May>
    </li>
  );
}

function Fact({ term, children }: { readonly term: string; readonly children?: unknown }) {
  return (
    <>
      <dt>{term}</dt>
      <dd>{children as string}</dd>
    </>
  );
}

function listed(words: readonly string[]): string {
  return words.length === 0 ? "none" : words.join(", ");
}
