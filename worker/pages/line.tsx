/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** One line: its drawing with what is where and how long it takes, and each station in words. */
import type { Station } from "../../protocol/line/line.ts";
import type { Outcome } from "../../protocol/line/task.ts";
import type { LineView } from "../domain/job_queue_api.ts";
import { hasRules, nextStation } from "../domain/transition.ts";
import type { HistoryAnswer, LineNumbers } from "../store/history/line_read.ts";
import { cardsPath } from "./card_edit.tsx";
import { May, type ProjectName } from "./frame.tsx";
import { Layout } from "./layout.tsx";
import type { LineDefinition, StationFacts } from "./line_graph.ts";
import { LineDrawing, stationAnchor } from "./line_graph_view.tsx";
import { lineApiPath, linePath, linesPath } from "./line_parts.tsx";
import { counted, tasksNow } from "./lines.tsx";
import { Ago, lasted } from "./parts.tsx";

export interface LinePageView {
  readonly at: ProjectName;
  readonly nowMs: number;
  readonly line: LineView;
  /** An older version is shown as it was, without numbers. */
  readonly isNewest: boolean;
  /** Null: not asked for. */
  readonly numbers: HistoryAnswer<LineNumbers> | null;
  /** What an import left aside. */
  readonly notices: readonly string[];
  readonly days: number;
}

/** The page at `/p/{owner}/{project}/lines/{line}`. */
export function LinePage({ view }: { readonly view: LinePageView }) {
  const { at, line, isNewest, nowMs, numbers } = view;
  const { definition } = line;
  const api = lineApiPath(at, line.id);
  const crumbs = [
    { text: "Lines", href: linesPath(at) },
    isNewest ? { text: definition.name } : { text: definition.name, href: linePath(at, line.id) },
    ...(isNewest ? [] : [{ text: `version ${line.version}` }]),
  ];
  return (
    <Layout title={definition.name} at="lines" crumbs={crumbs}>
      <h1>{definition.name}</h1>
      <div class="meta">
        <code>{line.id}</code>
        <span>version {line.version}{isNewest ? "" : ", an older one"}</span>
        <Ago ms={line.createdAtMs} nowMs={nowMs} />
        <span>{counted(definition.stations.length, "station")}</span>
        <span>{counted(definition.gates.length, "gate")}</span>
      </div>
      {definition.description === undefined ? null : <p class="text">{definition.description}</p>}
      <nav class="actions" aria-label="What to do with this line">
        {isNewest
          ? (
            <>
              <May scope="tasks:write">
                <a class="button" href={cardsPath(at, line.id)}>Write a card</a>
              </May>
              <May scope="lines:write">
                <a class="button" href={linePath(at, line.id, "/edit")}>Edit</a>
              </May>
            </>
          )
          : <a class="button" href={linePath(at, line.id)}>Go to the newest version</a>}
        <a href={linePath(at, line.id, "/versions")}>Versions</a>
        {isNewest
          ? (
            <>
              <a href={`${api}/export?format=tar`}>Export as .tar</a>
              <a href={`${api}/export?format=json`}>Export as .json</a>
            </>
          )
          : null}
      </nav>
      {view.notices.map((notice) => <p key={notice} class="note">{notice}</p>)}
      {line.warnings.map((warning) => <p key={warning} class="note wait">{warning}.</p>)}
      <NumbersNote numbers={numbers} days={view.days} />
      <LineDrawing line={definition} factsOf={(id) => factsOf(definition, numbers, id)} />
      <h2>Stations</h2>
      <ol class="stack bare">
        {definition.stations.map((station) => (
          <StationDetails key={station.id} line={definition} station={station} numbers={numbers} />
        ))}
      </ol>
      <Gates line={definition} />
    </Layout>
  );
}

function NumbersNote({ numbers, days }: Pick<LinePageView, "numbers" | "days">) {
  if (numbers === null) return null;
  if (numbers.kind === "off") {
    return <p class="note">This control plane runs without a history: counts and times are not known.</p>;
  }
  if (numbers.kind === "unavailable") {
    return (
      <p class="note wait">
        The history does not answer ({numbers.fault}): counts and times come back with it.
      </p>
    );
  }
  return <p class="small soft">Tasks now, and the median time of a run over the last {days} days.</p>;
}

function factsOf(
  line: LineDefinition,
  numbers: LinePageView["numbers"],
  stationId: string,
): StationFacts {
  const end = endOf(line, stationId);
  if (numbers?.kind !== "ok") return { tasks: 0, words: end === null ? [] : [`ends as ${end}`] };
  const tasks = numbers.value.open.find((row) => row.stationId === stationId)?.tasks ?? 0;
  if (end !== null) return { tasks, words: [`ends as ${end}`] };
  const run = numbers.value.runs.find((row) => row.stationId === stationId);
  return {
    tasks,
    words: [tasksNow(tasks), run === undefined ? "no runs yet" : `median ${lasted(run.p50Ms)}`],
  };
}

/** A station of type `none` without rules is where tasks end. */
function endOf(line: LineDefinition, stationId: string): string | null {
  const station = line.stations.find(({ id }) => id === stationId);
  if (station === undefined || station.trigger.type !== "none" || hasRules(line, station.id)) return null;
  return station.terminalStatus ?? "completed";
}

const OUTCOMES: readonly Outcome[] = ["success", "failure", "cancelled"];

interface StationProps {
  readonly line: LineDefinition;
  readonly station: Station;
  readonly numbers: LinePageView["numbers"];
}

function StationDetails({ line, station, numbers }: StationProps) {
  const { id, name, trigger } = station;
  const end = endOf(line, id);
  const run = numbers?.kind === "ok" ? numbers.value.runs.find((row) => row.stationId === id) : undefined;
  const wait = numbers?.kind === "ok" ? numbers.value.waits.find((row) => row.stationId === id) : undefined;
  const agent = station.operatorConfig?.agent ?? trigger.operatorConfig?.agent;
  return (
    <li class="panel" id={stationAnchor(id)}>
      <h3>{name}</h3>
      <div class="meta">
        <code>{id}</code>
        <span>
          {trigger.type === "none" ? "dispatches nothing" : `agent: ${agent ?? "the runner's own"}`}
        </span>
        {trigger.labels.length > 0 ? <span>labels: {trigger.labels.join(", ")}</span> : null}
        {trigger.needs.length > 0 ? <span>needs: {trigger.needs.join(", ")}</span> : null}
        <span>at most {trigger.maxTimeoutMinutes} min</span>
      </div>
      <dl class="facts">
        {end === null
          ? OUTCOMES.map((outcome) => (
            <>
              <dt>On {outcome}</dt>
              <dd>{wayOf(line, station, outcome)}</dd>
            </>
          ))
          : (
            <>
              <dt>Here</dt>
              <dd>the task ends as {end}</dd>
            </>
          )}
        {run === undefined ? null : (
          <>
            <dt>Time of a run</dt>
            <dd>
              median {lasted(run.p50Ms)}, nine of ten within {lasted(run.p90Ms)} ({counted(run.count, "run")})
            </dd>
          </>
        )}
        {wait === undefined ? null : (
          <>
            <dt>Wait for a runner</dt>
            <dd>median {lasted(wait.p50Ms)}, nine of ten within {lasted(wait.p90Ms)}</dd>
          </>
        )}
      </dl>
      {trigger.promptTemplate === "" ? null : (
        <details>
          <summary>Prompt</summary>
          <pre class="text">{trigger.promptTemplate}</pre>
        </details>
      )}
    </li>
  );
}

function wayOf(line: LineDefinition, station: Station, outcome: Outcome) {
  const next = nextStation(line, station.id, outcome, null);
  if (next.kind === "complete") return "the task is completed";
  if (next.kind === "fail") return "the task fails";
  const to = line.stations.find(({ id }) => id === next.toStationId);
  const gate = next.kind === "gate" ? next.gate.name : next.passedGate?.name;
  return (
    <>
      to <a href={`#${stationAnchor(next.toStationId)}`}>{to?.name ?? next.toStationId}</a>
      {gate === undefined
        ? ""
        : next.kind === "gate"
        ? `, once gate ${gate} is approved`
        : `, past gate ${gate}, which is open`}
    </>
  );
}

function Gates({ line }: { readonly line: LineDefinition }) {
  if (line.gates.length === 0) return null;
  return (
    <>
      <h2>Gates</h2>
      <ul class="stack bare">
        {line.gates.map(({ id, name, description, requiresApproval, enabled }) => (
          <li key={id} class="panel">
            <h3>{name}</h3>
            <div class="meta">
              <code>{id}</code>
              <span>
                {requiresApproval && enabled !== false
                  ? "waits for a person"
                  : "open: lets every task through"}
              </span>
            </div>
            {description === undefined ? null : <p class="text">{description}</p>}
          </li>
        ))}
      </ul>
    </>
  );
}
