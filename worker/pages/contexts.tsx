/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** Contexts: documents that people keep for agents. The list with its search, one context, one document. */
import type {
  Attachment,
  ContextDetail,
  ContextView,
  FoundChunk,
  SourceText,
} from "../domain/library_api.ts";
import { May, type ProjectName } from "./frame.tsx";
import { Who } from "./gate_parts.tsx";
import { LibraryLayout, libraryPath } from "./library_parts.tsx";
import { Ago } from "./parts.tsx";
import { Prose } from "./prose.tsx";

const PASSAGE_MAX_CHARS = 400;

interface Place {
  readonly at: ProjectName;
  readonly nowMs: number;
  readonly fault: string | null;
}

export interface ContextsView extends Place {
  readonly contexts: readonly ContextView[];
  /** What was looked for; "": nothing. */
  readonly query: string;
  readonly found: readonly FoundChunk[];
}

/** The page at `/p/{owner}/{project}/contexts`. */
export function ContextsPage({ view }: { readonly view: ContextsView }) {
  const { at, contexts, query, found, nowMs, fault } = view;
  const path = libraryPath(at, "contexts");
  return (
    <LibraryLayout at={at} part="contexts" title="Contexts" fault={fault}>
      <p class="soft">Documents that agents search and read, as they were when their run began.</p>
      <form class="filters" method="get" action={path} role="search">
        <div>
          <label for="q">Words in documents</label>
          <input id="q" name="q" type="search" value={query} maxlength={1000} />
        </div>
        <div>
          <button type="submit">Search</button>
        </div>
      </form>
      {query === "" ? null : (
        <>
          <h2>Passages with these words</h2>
          <Found at={at} found={found} />
          <h2>All contexts</h2>
        </>
      )}
      {contexts.length === 0 ? <p class="empty">This project has no contexts yet.</p> : (
        <ul class="cards">
          {contexts.map((context) => (
            <li key={context.id} class="card">
              <h3>
                <a href={libraryPath(at, "contexts", context.id)}>{context.title}</a>
              </h3>
              {context.description === "" ? null : <p class="small soft">{context.description}</p>}
              <div class="meta">
                <code>{context.id}</code>
                <Ago ms={context.changedAtMs} nowMs={nowMs} />
              </div>
            </li>
          ))}
        </ul>
      )}
      <May scope="lines:write">
        <details id="new">
          <summary>A new context</summary>
          <form class="stack fold" method="post" action={path}>
            <Naming idLabel="Name, without spaces" />
            <div>
              <label for="description">What it is about</label>
              <textarea id="description" name="description" rows={2} maxlength={4000}></textarea>
            </div>
            <button type="submit">Make it</button>
          </form>
        </details>
      </May>
    </LibraryLayout>
  );
}

function Naming({ idLabel }: { readonly idLabel: string }) {
  return (
    <div class="row">
      <div>
        <label for="id">{idLabel}</label>
        <input id="id" name="id" required maxlength={100} />
      </div>
      <div>
        <label for="title">Title</label>
        <input id="title" name="title" required maxlength={300} />
      </div>
    </div>
  );
}

function Found({ at, found }: { readonly at: ProjectName; readonly found: readonly FoundChunk[] }) {
  if (found.length === 0) return <p class="empty">No document has these words.</p>;
  return (
    <ul class="files panel" aria-label="Passages that were found">
      {found.map(({ contextId, sourceId, title, headings, text }, i) => (
        <li key={String(i)}>
          <span>
            <a href={libraryPath(at, "contexts", contextId, "sources", sourceId)}>{title}</a>{" "}
            <span class="soft small">{headings.join(" / ")}</span>
            <span class="excerpt small">{text.slice(0, PASSAGE_MAX_CHARS)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

export interface ContextPageView extends Place {
  readonly context: ContextDetail;
}

/** The page at `/p/{owner}/{project}/contexts/{context}`. */
export function ContextPage({ view }: { readonly view: ContextPageView }) {
  const { at, context, nowMs, fault } = view;
  const path = libraryPath(at, "contexts", context.id);
  return (
    <LibraryLayout
      at={at}
      part="contexts"
      title={context.title}
      crumbs={[{ text: context.id }]}
      fault={fault}
    >
      {context.description === "" ? null : <p>{context.description}</p>}
      <p class="small soft">{attachedTo(context.attachments)}</p>
      {context.sources.length === 0
        ? <p class="empty">It has no documents yet.</p>
        : (
          <ul class="files panel" aria-label="Documents">
            {context.sources.map((source) => (
              <li key={source.id}>
                <a href={libraryPath(at, "contexts", context.id, "sources", source.id)}>{source.title}</a>
                <span class="meta">
                  <code>{source.id}</code>
                  <span>revision {source.revision}</span>
                  <span>
                    by <Who principal={source.by} />
                  </span>
                  <Ago ms={source.atMs} nowMs={nowMs} />
                </span>
              </li>
            ))}
          </ul>
        )}
      <May scope="lines:write">
        <details id="add">
          <summary>Add or replace a document</summary>
          <form class="stack fold" method="post" action={`${path}/sources`}>
            <Naming idLabel="Name, without spaces; the same one again is its next revision" />
            <Text value="" />
            <button type="submit">Keep it</button>
          </form>
        </details>
        <details id="attach">
          <summary>What it is for</summary>
          <form class="stack fold" method="post" action={`${path}/attach`}>
            <p class="small soft">
              Agents find it only where it is attached. Nothing written: the whole project.
            </p>
            <div class="row">
              <div>
                <label for="line">Line</label>
                <input id="line" name="lineId" maxlength={100} />
              </div>
              <div>
                <label for="station">Station</label>
                <input id="station" name="stationId" maxlength={100} />
              </div>
              <div>
                <label for="task">Task</label>
                <input id="task" name="taskId" maxlength={100} />
              </div>
            </div>
            <div class="actions">
              <button type="submit">Attach it</button>
              {context.attachments.length === 0
                ? null
                : <button class="plain" type="submit" name="detach" value="all">Detach it everywhere</button>}
            </div>
          </form>
        </details>
        <details id="delete">
          <summary>Delete this context</summary>
          <form class="stack fold" method="post" action={`${path}/delete`}>
            <p class="small soft">All its documents go with it. Runs that have begun read on as it was.</p>
            <button class="danger" type="submit">Delete it</button>
          </form>
        </details>
      </May>
    </LibraryLayout>
  );
}

function attachedTo(attachments: readonly Attachment[]): string {
  if (attachments.length === 0) return "Attached to nothing: no agent finds it.";
  const words = attachments.map(({ lineId, stationId, taskId }) =>
    [
      ...(lineId === null ? [] : [`line ${lineId}`]),
      ...(stationId === null ? [] : [`station ${stationId}`]),
      ...(taskId === null ? [] : [`task ${taskId}`]),
    ].join(", ") || "the whole project"
  );
  return `Attached to ${words.join("; ")}.`;
}

function Text({ value }: { readonly value: string }) {
  return (
    <div>
      <label for="text">Text, as Markdown</label>
      <textarea id="text" name="text" rows={12} required>{value}</textarea>
    </div>
  );
}

export interface SourcePageView extends Place {
  readonly source: SourceText;
}

/** The page at `/p/{owner}/{project}/contexts/{context}/sources/{source}`. */
export function SourcePage({ view: { at, source, nowMs, fault } }: { readonly view: SourcePageView }) {
  const path = libraryPath(at, "contexts", source.contextId);
  return (
    <LibraryLayout
      at={at}
      part="contexts"
      title={source.title}
      crumbs={[{ text: source.contextId, href: path }, { text: source.id }]}
      fault={fault}
    >
      <div class="meta">
        <span>revision {source.revision}</span>
        <span>
          by <Who principal={source.by} />
        </span>
        <Ago ms={source.atMs} nowMs={nowMs} />
      </div>
      <section class="panel prose">
        <Prose text={source.text} level={2} />
      </section>
      <May scope="lines:write">
        <details id="change">
          <summary>Write its next revision</summary>
          <form class="stack fold" method="post" action={`${path}/sources`}>
            <input type="hidden" name="id" value={source.id} />
            <div>
              <label for="title">Title</label>
              <input id="title" name="title" required maxlength={300} value={source.title} />
            </div>
            <Text value={source.text} />
            <button type="submit">Keep it</button>
          </form>
        </details>
        <details id="delete">
          <summary>Delete this document</summary>
          <form
            class="stack fold"
            method="post"
            action={`${path}/sources/${encodeURIComponent(source.id)}/delete`}
          >
            <button class="danger" type="submit">Delete it</button>
          </form>
        </details>
      </May>
    </LibraryLayout>
  );
}
