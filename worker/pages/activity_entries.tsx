/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** Entries of agents' activity as a list, the newest first; a call and its result are one entry, folded. */
import type { ActivityEntry } from "../../protocol/agent/events.ts";
import { PAGE_ACTIVITY_TEXT_MAX_CHARS } from "../limits.ts";
import { commandWords, statusWords } from "./agent_words.ts";
import { Ago, Commit, type Tone } from "./parts.tsx";
import { stepWords } from "./step_words.ts";

export interface ActivityEntriesProps {
  /** The newest first. */
  readonly entries: readonly ActivityEntry[];
  readonly nowMs: number;
  /** Where the API has all of an entry. */
  readonly apiPath: string;
}

export function ActivityEntries({ entries, ...rest }: ActivityEntriesProps) {
  const calls = new Set(entries.filter(({ type }) => type === "tool_call").map(callOf));
  const results = new Map(
    entries.filter(({ type }) => type === "tool_result").map((entry) => [callOf(entry), entry]),
  );
  return (
    <ol class="activity">
      {entries.filter((entry) => entry.type !== "tool_result" || !calls.has(callOf(entry))).map((entry) => (
        <li key={entry.id}>
          <Entry {...rest} entry={entry} result={results.get(callOf(entry)) ?? null} />
        </li>
      ))}
    </ol>
  );
}

/** What was under way then: nothing beats in what is over. */
function past(tone: Tone): Tone {
  return tone === "busy" ? "" : tone;
}

/** Which call an event is of; of no other event, where its CLI names none. */
function callOf({ id, runId, type, payload }: ActivityEntry): string {
  if (type !== "tool_call" && type !== "tool_result") return "";
  return typeof payload["callId"] === "string" ? `${runId} ${payload["callId"]}` : `event ${id}`;
}

interface EntryProps extends Omit<ActivityEntriesProps, "entries"> {
  readonly entry: ActivityEntry;
  readonly result: ActivityEntry | null;
}

function Entry({ entry, result, nowMs, apiPath }: EntryProps) {
  const { type, payload, atMs, id } = entry;
  const text = (key: string) => typeof payload[key] === "string" ? payload[key] : "";
  const when = <Ago ms={atMs} nowMs={nowMs} />;
  const long = (body: string) => <Long text={body} apiPath={`${apiPath}?limit=1&cursor=${id}`} />;
  switch (type) {
    case "dropped":
      return <p class="soft">{String(payload["events"])} older entries are not kept any more.</p>;
    case "tool_call":
    case "tool_result":
      return <Tool entry={entry} result={result} nowMs={nowMs} apiPath={apiPath} />;
    case "status_change": {
      const { text: words, tone, detail } = statusWords(entry);
      return (
        <p class="meta">
          <span class={`pill ${past(tone)}`}>{words}</span>
          {detail === null ? null : <span class="path">{detail}</span>}
          {when}
        </p>
      );
    }
    case "message": {
      const words = commandWords({ state: "queued", outcome: null, detail: null }, entry);
      const by = text("id").startsWith("reminder") ? "Reminder" : "Message";
      return (
        <p class="meta">
          <b>{by}</b>
          <span class={`pill ${past(words.tone)}`}>{words.text}</span>
          {words.detail === null ? null : <span>{words.detail}</span>}
          {typeof payload["bytes"] === "number" ? <span>{payload["bytes"]} bytes</span> : null}
          {when}
        </p>
      );
    }
    case "commit":
      return (
        <p class="meta">
          <b>Commit</b>
          {text("sha") === "" ? null : <Commit id={text("sha")} />}
          <span class="path">{text("message") || text("title") || text("ref")}</span>
          {when}
        </p>
      );
    case "text":
    case "thinking":
      return (
        <>
          <p class="meta">
            <b>{type === "text" ? "It said" : "It thought"}</b>
            {payload["isError"] === true ? <span class="pill bad">Error</span> : null}
            {when}
          </p>
          {long(text("text"))}
        </>
      );
    case "pipeline_step": {
      const step = stepWords(payload);
      if (step === null) return <Other entry={entry} when={when} />;
      return (
        <p class="meta">
          <b>Step</b>
          <span class="path">{step.name}</span>
          <span class={`pill ${past(step.tone)}`}>{step.state}</span>
          {step.used === null ? null : <span>{step.used}</span>}
          {step.fault === null ? null : <span class="minus">{step.fault}</span>}
          {when}
        </p>
      );
    }
    case "prompt_assembled":
      return (
        <details>
          <summary>
            Prompt <span class="small soft">{text("what")} {when}</span>
          </summary>
          {long(text("text"))}
        </details>
      );
    default:
      return <Other entry={entry} when={when} />;
  }
}

/** As it came. */
function Other({ entry: { type, payload }, when }: Pick<EntryProps, "entry"> & { readonly when: unknown }) {
  return (
    <p class="meta">
      <b>{capital(type)}</b>
      <code class="path">{JSON.stringify(payload).slice(0, 300)}</code>
      {when}
    </p>
  );
}

function Tool({ entry, result, nowMs, apiPath }: EntryProps) {
  const answer = entry.type === "tool_result" ? entry : result;
  const isError = answer?.payload["isError"] === true;
  const bodies = [
    ...(entry.type === "tool_call" ? [["Input", entry, entry.payload["input"]] as const] : []),
    ...(answer === null ? [] : [["Result", answer, answer.payload["output"]] as const]),
  ];
  return (
    <details id={`event-${entry.id}`}>
      <summary>
        <code>{String(entry.payload["tool"] ?? "tool")}</code>
        <span class="small soft">
          {answer === null ? "no result yet" : isError ? <b class="minus">failed</b> : "done"}{" "}
          <Ago ms={entry.atMs} nowMs={nowMs} />
        </span>
      </summary>
      {bodies.map(([name, { id }, value]) => (
        <div class="inset" key={name}>
          <b class="small">{name}</b>
          <Long
            text={typeof value === "string" ? value : JSON.stringify(value, null, 2) ?? ""}
            apiPath={`${apiPath}?limit=1&cursor=${id}`}
          />
        </div>
      ))}
    </details>
  );
}

function Long({ text, apiPath }: { readonly text: string; readonly apiPath: string }) {
  const isCut = text.length > PAGE_ACTIVITY_TEXT_MAX_CHARS;
  return (
    <>
      <pre class="text mono">{isCut ? `${text.slice(0, PAGE_ACTIVITY_TEXT_MAX_CHARS)}…` : text}</pre>
      {isCut
        ? (
          <p class="small">
            <a href={apiPath}>All of it, as JSON</a>
          </p>
        )
        : null}
    </>
  );
}

function capital(type: string): string {
  const words = type.replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
