/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The built-in issues of a project: the list, one of them, making and commenting one. */
import type { IssueData } from "../../protocol/agent/tool_results.ts";
import { ISSUE_TITLE_MAX_CHARS } from "../../protocol/agent/limits.ts";
import { May, type ProjectName } from "./frame.tsx";
import { Who } from "./gate_parts.tsx";
import { LibraryLayout, libraryPath } from "./library_parts.tsx";
import { Ago } from "./parts.tsx";

interface Place {
  readonly at: ProjectName;
  readonly nowMs: number;
  readonly fault: string | null;
}

export interface IssuesPageView extends Place {
  readonly issues: readonly IssueData[];
  readonly state: "open" | "closed";
  readonly text: string;
  /** Where the next page begins; null: there is none. */
  readonly nextOffset: number | null;
}

/** The page at `/p/{owner}/{project}/issues`. */
export function IssuesPage({ view }: { readonly view: IssuesPageView }) {
  const { at, issues, state, text, nextOffset, nowMs, fault } = view;
  const path = libraryPath(at, "issues");
  const more = new URLSearchParams({ state, text, offset: String(nextOffset) });
  return (
    <LibraryLayout at={at} part="issues" title="Issues" fault={fault}>
      <p class="soft">
        What is wrong or wanted, in the tracker that is built in. Agents find and read them too.
      </p>
      <form class="filters" method="get" action={path} role="search">
        <div>
          <label for="text">Words in issues</label>
          <input id="text" name="text" type="search" value={text} maxlength={1000} />
        </div>
        <div>
          <label for="state">State</label>
          <select id="state" name="state">
            <option value="open" selected={state === "open"}>Open</option>
            <option value="closed" selected={state === "closed"}>Closed</option>
          </select>
        </div>
        <div>
          <button type="submit">Search</button>
        </div>
      </form>
      {issues.length === 0
        ? (
          <p class="empty">
            {text === "" ? `There are no ${state} issues.` : `No ${state} issue has these words.`}
          </p>
        )
        : (
          <ul class="files panel" aria-label="Issues">
            {issues.map((issue) => (
              <li key={issue.ref.key}>
                <a href={libraryPath(at, "issues", issue.ref.key)}>{issue.title}</a>
                <span class="meta">
                  <Labels issue={issue} />
                  <code>#{issue.ref.key}</code>
                  <span>
                    by <Who principal={issue.author} />
                  </span>
                  <Ago ms={Date.parse(issue.updatedAt)} nowMs={nowMs} />
                </span>
              </li>
            ))}
          </ul>
        )}
      {nextOffset === null ? null : (
        <nav class="pager" aria-label="More">
          <a class="button plain" href={`${path}?${more}`}>Older ones</a>
        </nav>
      )}
      <May scope="tasks:write">
        <details id="new">
          <summary>A new issue</summary>
          <form class="stack fold" method="post" action={path}>
            <div>
              <label for="title">Title</label>
              <input id="title" name="title" required maxlength={ISSUE_TITLE_MAX_CHARS} />
            </div>
            <div>
              <label for="body">Text</label>
              <textarea id="body" name="body" rows={4}></textarea>
            </div>
            <div>
              <label for="labels">Labels, with commas between</label>
              <input id="labels" name="labels" maxlength={1000} />
            </div>
            <button type="submit">Make it</button>
          </form>
        </details>
      </May>
    </LibraryLayout>
  );
}

function Labels({ issue }: { readonly issue: IssueData }) {
  if (issue.labels.length === 0) return null;
  return (
    <span class="chips">{issue.labels.map((label) => <span key={label} class="chip">{label}</span>)}</span>
  );
}

export interface IssuePageView extends Place {
  readonly issue: IssueData;
}

/** The page at `/p/{owner}/{project}/issues/{key}`. */
export function IssuePage({ view: { at, issue, nowMs, fault } }: { readonly view: IssuePageView }) {
  const { key } = issue.ref;
  const path = libraryPath(at, "issues", key);
  const isOpen = issue.state === "open";
  return (
    <LibraryLayout at={at} part="issues" title={issue.title} crumbs={[{ text: key }]} fault={fault}>
      <div class="meta">
        <span class={`pill ${isOpen ? "good" : ""}`}>{isOpen ? "Open" : "Closed"}</span>
        <Labels issue={issue} />
        <span>
          by <Who principal={issue.author} />
        </span>
        {issue.assignee === null ? null : <span>for {issue.assignee}</span>}
        <Ago ms={Date.parse(issue.createdAt)} nowMs={nowMs} />
      </div>
      <div class="panel">
        <pre class="text">{issue.body === "" ? "No text." : issue.body}</pre>
      </div>
      <h2>
        Comments <span class="count">{issue.comments.length}</span>
      </h2>
      <div class="stack">
        {issue.comments.map(({ author, body, at: when }, i) => (
          <div class="panel" key={String(i)}>
            <div class="meta">
              <Who principal={author} />
              <Ago ms={Date.parse(when)} nowMs={nowMs} />
            </div>
            <pre class="text">{body}</pre>
          </div>
        ))}
      </div>
      <May scope="tasks:write">
        <form class="stack" method="post" action={`${path}/comments`}>
          <div>
            <label for="comment">Comment</label>
            <textarea id="comment" name="body" rows={3} required></textarea>
          </div>
          <button type="submit">Comment</button>
        </form>
        <form class="actions" method="post" action={`${path}/state`}>
          <button class="plain" type="submit" name="state" value={isOpen ? "closed" : "open"}>
            {isOpen ? "Close this issue" : "Open it again"}
          </button>
        </form>
      </May>
    </LibraryLayout>
  );
}
