/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/**
 * What happened to a task, in order: its stations with every attempt and run, and what people did in between. The jobs are
 * those of the task itself; runs and people come from its timeline, which may be behind or empty (O5).
 */
import type { TimelineEntry } from "../../protocol/line/log.ts";
import type { TaskData, TaskHistoryEntry } from "../../protocol/line/task.ts";
import { askPath } from "./gate_path.ts";
import { stampOf } from "./stamp.ts";
import { detailOf } from "./timeline_words.ts";
import { costInWords, usageInWords } from "./usage_words.ts";
import { Ago, lasted, runPath, Status, type Tone, toneOf } from "./parts.tsx";

/** A question that was asked about the task; `openedAtMs` says to which entry it belongs. */
export interface AskedOfPeople {
  readonly askId: string;
  readonly openedAtMs: number;
}

export interface TimelineProps {
  readonly task: TaskData;
  readonly entries: readonly TimelineEntry[];
  readonly asks: readonly AskedOfPeople[];
  /** The path of the task's output in the API. */
  readonly log: string;
  readonly nowMs: number;
}

interface RunOfJob {
  readonly runId: string;
  readonly runnerName: string | null;
  readonly fromMs: number;
  readonly untilMs: number | null;
  readonly wasLost: boolean;
}

type Item =
  | { readonly kind: "job"; readonly atMs: number; readonly entry: TaskHistoryEntry }
  | { readonly kind: "event"; readonly atMs: number; readonly entry: TimelineEntry };

const EVENTS: Readonly<Record<string, { readonly text: string; readonly tone: Tone }>> = {
  task_submitted: { text: "Submitted", tone: "" },
  task_waiting: { text: "Waits", tone: "wait" },
  task_retried: { text: "Tried again by a person", tone: "" },
  task_moved: { text: "Moved by a person", tone: "" },
  asset_put: { text: "A file was put", tone: "" },
  asset_deleted: { text: "A file was deleted", tone: "" },
  typed: { text: "A person types in the terminal", tone: "" },
  gate_opened: { text: "A person is asked", tone: "wait" },
  gate_passed: { text: "Gate passed", tone: "good" },
  gate_decided: { text: "Decided", tone: "good" },
  gate_ended: { text: "Nobody decided", tone: "wait" },
  task_completed: { text: "Completed", tone: "good" },
  task_failed: { text: "Failed", tone: "bad" },
};

/** Stations and people, with a fold that holds every single entry. */
export function Timeline(props: TimelineProps) {
  const { task, entries, nowMs } = props;
  const items = itemsOf(task.history, entries);
  const runs = runsByJob(entries);
  return (
    <>
      <h2>Timeline</h2>
      {items.length === 0 ? <p class="empty">No station was reached yet.</p> : null}
      <ol class="stations">
        {items.map((item) =>
          item.kind === "event" ? <Event key={item.entry.eventId} entry={item.entry} props={props} /> : (
            <Job
              key={item.entry.jobId}
              entry={item.entry}
              runs={runs.get(item.entry.jobId) ?? []}
              props={props}
            />
          )
        )}
        {task.pendingGateId !== null && !items.some(isOpenGate)
          ? (
            <li class="wait">
              <div>
                <strong>Gate: {task.pendingGateId}</strong>
                <div class="meta">
                  <Status status={task.status} />
                </div>
              </div>
            </li>
          )
          : null}
      </ol>
      <EveryEntry entries={entries} nowMs={nowMs} />
    </>
  );
}

function isOpenGate(item: Item, _: number, all: readonly Item[]): boolean {
  const last = all.findLast((one) => one.kind === "event" && one.entry.kind.startsWith("gate_"));
  return item === last && item.kind === "event" && item.entry.kind === "gate_opened";
}

function itemsOf(history: readonly TaskHistoryEntry[], entries: readonly TimelineEntry[]): readonly Item[] {
  const jobs = history.map((entry): Item => ({ kind: "job", atMs: entry.queuedAt, entry }));
  const events = entries.filter((entry) => Object.hasOwn(EVENTS, entry.kind))
    .map((entry): Item => ({ kind: "event", atMs: entry.atMs, entry }));
  return [...events, ...jobs].map((item, i) => ({ item, i }))
    .sort((a, b) => a.item.atMs - b.item.atMs || rankOf(a.item) - rankOf(b.item) || a.i - b.i)
    .map(({ item }) => item);
}

/** At one moment: what a person did, then the job that it made, then the end. */
function rankOf(item: Item): number {
  if (item.kind === "job") return 1;
  return item.entry.kind === "task_completed" || item.entry.kind === "task_failed" ? 2 : 0;
}

function runsByJob(entries: readonly TimelineEntry[]): ReadonlyMap<string, readonly RunOfJob[]> {
  const runs = new Map<string, RunOfJob & { readonly jobId: string }>();
  for (const { runId, jobId, kind, atMs, runnerName } of entries) {
    if (runId === null || jobId === null) continue;
    const known = runs.get(runId) ??
      { runId, jobId, runnerName: null, fromMs: atMs, untilMs: null, wasLost: false };
    runs.set(runId, {
      ...known,
      runnerName: known.runnerName ?? runnerName,
      untilMs: kind === "run_lost" || kind === "job_finished" ? atMs : known.untilMs,
      wasLost: known.wasLost || kind === "run_lost",
    });
  }
  return Map.groupBy(runs.values(), (run) => run.jobId);
}

interface JobProps {
  readonly entry: TaskHistoryEntry;
  readonly runs: readonly RunOfJob[];
  readonly props: TimelineProps;
}

function Job({ entry, runs, props }: JobProps) {
  const { task, nowMs, log } = props;
  const status = entry.outcome ?? (entry.jobId === task.currentJobId ? task.status : "queued");
  const untilMs = entry.endedAt ?? nowMs;
  return (
    <li class={toneOf(status)}>
      <div>
        <strong>{entry.stationName}</strong> <span class="soft small">attempt {entry.attempt}</span>
        <div class="meta">
          <Status status={status} />
          {entry.startedAt === null ? null : <span>{lasted(untilMs - entry.startedAt)}</span>}
          {entry.runnerName === null ? null : <span>on {entry.runnerName}</span>}
          {entry.exitCode === null || entry.exitCode === 0 ? null : <span>exit code {entry.exitCode}</span>}
          {entry.usage === null
            ? null
            : <span title={usageInWords(entry.usage)}>{costInWords(entry.usage)}</span>}
          <Ago ms={entry.queuedAt} nowMs={nowMs} />
        </div>
        {entry.summary === null ? null : <p class="small">{entry.summary}</p>}
        {entry.reason === null ? null : <p class="small soft">{entry.reason}</p>}
        {runs.map((run, i) => (
          <div class="meta" key={run.runId}>
            <a href={runPath(task.owner, task.projectId, run.runId)}>Run {i + 1}</a>
            <a href={`${log}?run=${encodeURIComponent(run.runId)}`} data-replay-run={run.runId}>Output</a>
            {runs.length > 1 ? <RunFacts run={run} nowMs={nowMs} /> : null}
          </div>
        ))}
      </div>
    </li>
  );
}

function RunFacts({ run, nowMs }: { readonly run: RunOfJob; readonly nowMs: number }) {
  return (
    <>
      {run.runnerName === null ? null : <span>on {run.runnerName}</span>}
      <span>{lasted((run.untilMs ?? nowMs) - run.fromMs)}</span>
      {run.wasLost ? <span>lost</span> : null}
    </>
  );
}

function Event({ entry, props }: { readonly entry: TimelineEntry; readonly props: TimelineProps }) {
  const { task, nowMs } = props;
  const isReject = entry.kind === "gate_decided" && entry.detail.startsWith("reject");
  const { text, tone } = EVENTS[entry.kind]!;
  const ask = entry.kind === "gate_opened" ? props.asks.find((one) => isSameMoment(one, entry)) : undefined;
  const detail = detailOf(entry);
  return (
    <li class={isReject ? "bad" : tone}>
      <div>
        <strong>{text}</strong>
        <div class="meta">
          {ask === undefined
            ? null
            : <a href={askPath(task.owner, task.projectId, ask.askId)}>The question</a>}
          <Ago ms={entry.atMs} nowMs={nowMs} />
        </div>
        {detail === "" ? null : <p class="small soft">{detail}</p>}
      </div>
    </li>
  );
}

/** The ask's id was made in the decision that wrote the entry. */
function isSameMoment(ask: AskedOfPeople, entry: TimelineEntry): boolean {
  return Math.abs(ask.openedAtMs - entry.atMs) < 5;
}

/** Everything that was recorded, in order; folded, as the list above says the most of it. */
function EveryEntry({ entries }: Pick<TimelineProps, "entries" | "nowMs">) {
  if (entries.length === 0) return null;
  const stamp = stampOf(entries.map(({ atMs }) => atMs));
  return (
    <details id="timeline">
      <summary>
        Every entry <span class="small soft">{entries.length} events, times in UTC</span>
      </summary>
      <ol class="events">
        {entries.map((entry) => (
          <li key={entry.eventId}>
            <time class="mono soft" datetime={new Date(entry.atMs).toISOString()}>
              {stamp(entry.atMs)}
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
