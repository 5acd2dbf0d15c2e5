/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What an agent has in its worktree right now: a folder, a file, or what its station has changed. */
import type { WorktreeSeen } from "../../protocol/agent/worktree.ts";
import type { RunData } from "../../protocol/line/job.ts";
import { Patch } from "./evidence.tsx";
import type { ProjectName } from "./frame.tsx";
import { Layout } from "./layout.tsx";
import { Commit, runPath } from "./parts.tsx";
import { Source } from "./repository_files.tsx";
import { size } from "./repository_parts.tsx";

export interface WorktreeView {
  readonly at: ProjectName;
  readonly run: RunData;
  readonly seen: WorktreeSeen;
}

/** Where a worktree is looked into. */
export function worktreePath(at: ProjectName, runId: string, path = ""): string {
  const query = path === "" ? "" : `?${new URLSearchParams({ path })}`;
  return `${runPath(at.owner, at.project, runId)}/worktree${query}`;
}

/** The page at `/p/{owner}/{project}/runs/{runId}/worktree`, and `.../worktree/diff`. */
export function WorktreePage({ view }: { readonly view: WorktreeView }) {
  const { at, run, seen } = view;
  const crumbs = [{ text: `run by ${run.runnerName}`, href: runPath(at.owner, at.project, run.id) }, {
    text: "worktree",
  }];
  const here = worktreePath(at, run.id);
  const title = seen.kind === "diff" ? "Changes so far" : seen.path === "" ? "Worktree" : nameOf(seen.path);
  return (
    <Layout title={title} at="board" crumbs={crumbs}>
      <h1>{title}</h1>
      <nav class="meta" aria-label="Views of the worktree">
        <a href={here} aria-current={seen.kind === "diff" ? undefined : "page"}>Files</a>
        <a href={`${here}/diff`} aria-current={seen.kind === "diff" ? "page" : undefined}>Changes</a>
      </nav>
      <p class="soft small">As it is on the runner at this moment, committed or not.</p>
      {seen.kind === "diff" ? <Changes seen={seen} /> : <Place view={view} seen={seen} />}
    </Layout>
  );
}

type Of<K extends WorktreeSeen["kind"]> = Extract<WorktreeSeen, { kind: K }>;

function Place(
  { view, seen }: { readonly view: WorktreeView; readonly seen: Of<"folder" | "file" | "link"> },
) {
  return (
    <>
      <Way view={view} path={seen.path} />
      {seen.kind === "folder" ? <Folder view={view} seen={seen} /> : null}
      {seen.kind === "file" ? <File seen={seen} /> : null}
      {seen.kind === "link"
        ? (
          <p class="empty">
            A link to <code>{seen.target}</code>, which is not followed.
          </p>
        )
        : null}
    </>
  );
}

/** The folders above, each a link. */
function Way({ view: { at, run }, path }: { readonly view: WorktreeView; readonly path: string }) {
  if (path === "") return null;
  const parts = path.split("/");
  return (
    <p class="mono path">
      <a href={worktreePath(at, run.id)}>root</a>
      {parts.map((part, i) => (
        <span key={i}>
          {" / "}
          {i === parts.length - 1
            ? part
            : <a href={worktreePath(at, run.id, parts.slice(0, i + 1).join("/"))}>{part}</a>}
        </span>
      ))}
    </p>
  );
}

function Folder({ view: { at, run }, seen }: { readonly view: WorktreeView; readonly seen: Of<"folder"> }) {
  const below = (name: string) => seen.path === "" ? name : `${seen.path}/${name}`;
  const rank = (type: string) => type === "folder" ? 0 : 1;
  return (
    <>
      <ul class="files panel" aria-label="Files">
        {seen.entries.toSorted((a, b) => rank(a.type) - rank(b.type)).map(({ name, type, bytes }) => (
          <li key={name}>
            <a class="mono" href={worktreePath(at, run.id, below(name))}>
              {type === "folder" ? `${name}/` : name}
            </a>
            <span class="soft small">{type === "file" ? size(bytes) : type === "link" ? "link" : ""}</span>
          </li>
        ))}
        {seen.entries.length === 0 ? <li class="soft">This folder is empty.</li> : null}
      </ul>
      {seen.isCut ? <p class="soft small">There is more than is shown.</p> : null}
    </>
  );
}

function File({ seen }: { readonly seen: Of<"file"> }) {
  if (seen.text === null) return <p class="empty">A binary file of {size(seen.bytes)}.</p>;
  return (
    <>
      <p class="meta">{size(seen.bytes)}</p>
      <Source text={seen.text} isCut={seen.isCut} />
    </>
  );
}

function Changes({ seen }: { readonly seen: Of<"diff"> }) {
  const files = seen.text.split(/^(?=diff --git )/m).filter((part) => part !== "");
  return (
    <>
      <p class="soft small">
        Since <Commit id={seen.base} />
        {seen.isCut ? "; there is more than is shown" : ""}
      </p>
      {files.length === 0 ? <p class="empty">Nothing has changed yet.</p> : null}
      {files.map((part, i) => (
        <details key={i} open={files.length <= 12}>
          <summary class="mono">{fileOf(part)}</summary>
          <Patch text={part} />
        </details>
      ))}
    </>
  );
}

/** Of a part that begins `diff --git a/x b/x`. */
function fileOf(part: string): string {
  const line = part.slice(0, part.indexOf("\n"));
  const names = line.slice("diff --git a/".length);
  return names.startsWith("b/") ? names : names.slice(0, Math.max(1, (names.length - " b/".length) / 2));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
