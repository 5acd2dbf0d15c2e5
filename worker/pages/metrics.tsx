/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** How the lines do: throughput, waiting, failures, autonomy, cost; of one project or of all. */
import type { HistoryAnswer, MetricsRows } from "../store/history/metrics_read.ts";
import { METRICS_ROWS_MAX } from "../limits.ts";
import { Chart } from "./chart.tsx";
import { type ProjectName, projectPath } from "./frame.tsx";
import { Layout } from "./layout.tsx";
import { chartsOf, tilesOf } from "./metrics_charts.ts";
import { type MetricsRange, RANGES } from "./metrics_range.ts";

export interface MetricsView {
  /** Null: all projects. */
  readonly at: ProjectName | null;
  readonly range: MetricsRange;
  readonly rows: HistoryAnswer<MetricsRows>;
}

/** The pages at `/metrics` and `/p/{owner}/{project}/metrics`. */
export function MetricsPage({ view }: { readonly view: MetricsView }) {
  const { at, range, rows } = view;
  const path = at === null ? "/metrics" : `${projectPath(at)}/metrics`;
  const crumb = at === null ? "Metrics of all projects" : "Metrics";
  return (
    <Layout title={crumb} at="metrics" crumbs={[{ text: crumb }]}>
      <h1>{crumb}</h1>
      <nav class="meta" aria-label="Time">
        {RANGES.map((name) => (
          <a
            key={name}
            href={`${path}?range=${name}`}
            aria-current={name === range.name ? "page" : undefined}
          >
            {name === "24h" ? "24 hours" : name === "7d" ? "7 days" : "30 days"}
          </a>
        ))}
        {at === null ? null : <a href={`/metrics?range=${range.name}`}>All projects</a>}
      </nav>
      <Numbers view={view} />
      {rows.kind === "ok" ? <Definitions /> : null}
    </Layout>
  );
}

function Numbers({ view: { at, range, rows } }: { readonly view: MetricsView }) {
  if (rows.kind === "off") {
    return (
      <p class="note">
        This control plane runs without a history, so there is nothing to count. Set <code>HISTORY_URL</code>
        {" "}
        to a libSQL server to have metrics.
      </p>
    );
  }
  if (rows.kind === "unavailable") {
    return (
      <p class="note wait">
        The history does not answer ({rows.fault}). Tasks go on; the metrics come back when it does.
      </p>
    );
  }
  return (
    <>
      {rows.value.isCut
        ? (
          <p class="note wait">
            There is more in this time than is counted here: each sum is over its newest {METRICS_ROWS_MAX}
            {" "}
            rows.
          </p>
        )
        : null}
      <dl class="tiles">
        {tilesOf(rows.value, range).map(({ name, value, note }) => (
          <div key={name} class="panel">
            <dt>{name}</dt>
            <dd class="figure">{value}</dd>
            <dd class="small soft">{note}</dd>
          </div>
        ))}
      </dl>
      <div class="plots">
        {chartsOf(rows.value, range, { hasProjects: at === null }).map((spec) => (
          <Chart key={spec.id} spec={spec} />
        ))}
      </div>
    </>
  );
}

function Definitions() {
  return (
    <>
      <h2>What is counted</h2>
      <dl class="facts">
        <dt>Autonomy ratio</dt>
        <dd>
          Of the tasks that ended in this time, the share for which no person was asked to do, decide or
          approve anything, at a gate of the line, at a runner's request or by a program about the task, and
          which no person retried, moved or cancelled. Notices, which ask for nothing, do not lower it.
        </dd>
        <dt>Failures</dt>
        <dd>Of the jobs that ended; runs that were lost and run again are not among them.</dd>
        <dt>Cost</dt>
        <dd>
          Agents' models: what runners report of their agents, from what the agents themselves say or from
          list prices; runs of harnesses that say nothing are not in it, and the bills of the providers
          decide. The control plane: an estimate by Cloudflare's list prices, before what a plan includes.
          Runner time is what your machines gave.
        </dd>
        <dt>Times</dt>
        <dd>Hours and days are those of UTC.</dd>
      </dl>
    </>
  );
}
