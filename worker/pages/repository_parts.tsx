/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What all pages of a task's repository have: where one is, which ref is shown, how to get all of it. */
import type { Child } from "hono/jsx";
import type { TaskData } from "../../protocol/line/task.ts";
import type { RepositoryCommit, RepositoryRef } from "../domain/task_repository_api.ts";
import { PAGE_AUTHOR_MAX_CHARS, PAGE_REFS_MAX } from "../limits.ts";
import { Layout } from "./layout.tsx";
import { Ago, taskPath } from "./parts.tsx";

/** A task's repository at one ref. */
export interface RepositoryView {
  readonly task: TaskData;
  readonly refs: readonly RepositoryRef[];
  /** A full ref name or a commit id. */
  readonly ref: string;
  readonly nowMs: number;
}

/** The page of a folder or a file; `path` "" is the root. */
export function filesPath(task: TaskData, ref: string, path = ""): string {
  const query = new URLSearchParams({ ref, ...(path === "" ? {} : { path }) });
  return `${taskPath(task.owner, task.projectId, task.id)}/files?${query}`;
}

/** The page of the log; `cursor` null is its beginning. */
export function commitsPath(task: TaskData, ref: string, cursor: string | null = null): string {
  const query = new URLSearchParams({ ref, ...(cursor === null ? {} : { cursor }) });
  return `${taskPath(task.owner, task.projectId, task.id)}/commits?${query}`;
}

/** The page of one commit. */
export function commitPath(task: TaskData, id: string): string {
  return `${taskPath(task.owner, task.projectId, task.id)}/commits/${id}`;
}

/** The API of the task, which a signed-in browser may read. */
export function apiPath(task: TaskData): string {
  const [owner, project] = [task.owner, task.projectId].map(encodeURIComponent);
  return `/api/owners/${owner}/projects/${project}/tasks/${task.id}`;
}

/** `refs/heads/main` becomes "main"; a commit id its beginning. */
export function shortRef(ref: string): string {
  return /^[0-9a-f]{40}$/.test(ref) ? ref.slice(0, 10) : ref.replace(/^refs\/(?:heads|tags)\//, "");
}

/** `2_300` becomes "2.3 kB". */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export interface RepositoryLayoutProps {
  readonly view: RepositoryView;
  readonly at: "files" | "commits";
  readonly title: string;
  readonly children?: Child;
}

/** The frame of a page of the repository. */
export function RepositoryLayout({ view, at, title, children }: RepositoryLayoutProps) {
  const { task, ref } = view;
  return (
    <Layout title={`${title} · ${task.title}`} isSignedIn>
      <nav class="crumbs" aria-label="Where you are">
        <a href="/">Board</a> / <a href={taskPath(task.owner, task.projectId, task.id)}>{task.title}</a>{" "}
        / repository
      </nav>
      <h1>{title}</h1>
      <nav class="meta" aria-label="Views of the repository">
        <a href={filesPath(task, ref)} aria-current={at === "files" ? "page" : undefined}>Files</a>
        <a href={commitsPath(task, ref)} aria-current={at === "commits" ? "page" : undefined}>Commits</a>
        <a href={`${apiPath(task)}/bundle`}>Download as a bundle</a>
      </nav>
      <RefChooser view={view} at={at} />
      {children}
      <h2>Clone</h2>
      <p class="small soft">Any user name, and a token as the password:</p>
      <code class="clone">git clone {task.assemblyLineRepo.url}</code>
    </Layout>
  );
}

function RefChooser({ view, at }: { readonly view: RepositoryView; readonly at: string }) {
  const { task, refs, ref } = view;
  const shown = refs.slice(0, PAGE_REFS_MAX).map(({ name }) => name);
  const names = shown.includes(ref) ? shown : [ref, ...shown];
  return (
    <form class="row refs" method="get" action={`${taskPath(task.owner, task.projectId, task.id)}/${at}`}>
      <select name="ref" aria-label="Branch, tag or commit">
        {names.map((name) => <option key={name} value={name} selected={name === ref}>{shortRef(name)}
        </option>)}
      </select>
      <button class="fixed" type="submit">Show</button>
      {refs.length > shown.length
        ? <p class="small soft">The first {shown.length} of {refs.length} refs.</p>
        : null}
    </form>
  );
}

/** Who wrote a commit, and when. */
export function Authored({ commit, nowMs }: { readonly commit: RepositoryCommit; readonly nowMs: number }) {
  const name = commit.authorName.slice(0, PAGE_AUTHOR_MAX_CHARS);
  return (
    <>
      <span>{name === "" ? "nobody named" : name}</span>
      <Ago ms={commit.committedAtMs} nowMs={nowMs} />
    </>
  );
}

/** A commit's first line; what has none is named as such. */
export function subjectOf(commit: RepositoryCommit): string {
  return commit.subject === "" ? "(no message)" : commit.subject;
}
