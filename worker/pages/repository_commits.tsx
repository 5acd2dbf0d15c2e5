/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The log of a task's repository, and what one commit changed. */
import type { CommitPage, RepositoryCommit, RepositoryDiff } from "../domain/task_repository_api.ts";
import { Diff } from "./evidence.tsx";
import { Commit } from "./parts.tsx";
import {
  Authored,
  commitPath,
  commitsPath,
  filesPath,
  RepositoryLayout,
  type RepositoryView,
  shortRef,
  subjectOf,
} from "./repository_parts.tsx";

export interface LogView extends RepositoryView {
  readonly log: CommitPage;
  /** Not the log's beginning. */
  readonly isLater: boolean;
}

/** The page of the log, newest first. */
export function CommitsPage({ view }: { readonly view: LogView }) {
  const { task, ref, log, isLater, nowMs } = view;
  return (
    <RepositoryLayout view={view} at="commits" title={`Commits of ${shortRef(ref)}`}>
      <ul class="files panel" aria-label="Commits">
        {log.commits.map((commit) => (
          <li key={commit.id}>
            <a href={commitPath(task, commit.id)}>{subjectOf(commit)}</a>
            <span class="meta">
              <Commit id={commit.id} />
              <Authored commit={commit} nowMs={nowMs} />
            </span>
          </li>
        ))}
        {log.commits.length === 0 ? <li class="soft">Nothing more.</li> : null}
      </ul>
      <p class="meta">
        {isLater ? <a href={commitsPath(task, ref)}>Newest</a> : null}
        {log.next === null ? null : <a rel="next" href={commitsPath(task, ref, log.next)}>Older</a>}
      </p>
    </RepositoryLayout>
  );
}

export interface CommitView extends RepositoryView {
  readonly commit: RepositoryCommit;
  /** Against its first parent; null for a commit that has none. */
  readonly diff: RepositoryDiff | null;
}

/** The page of one commit. */
export function CommitDetailPage({ view }: { readonly view: CommitView }) {
  const { task, commit, diff, nowMs } = view;
  return (
    <RepositoryLayout view={view} at="commits" title={subjectOf(commit)}>
      <p class="meta">
        <code>{commit.id}</code>
        <Authored commit={commit} nowMs={nowMs} />
      </p>
      <p class="meta">
        <a href={filesPath(task, commit.id)}>Files at this commit</a>
        {commit.parents.slice(0, 8).map((parent) => (
          <span key={parent}>
            parent{" "}
            <a href={commitPath(task, parent)}>
              <Commit id={parent} />
            </a>
          </span>
        ))}
      </p>
      <h2>Changes</h2>
      {diff === null
        ? <p class="empty">This is a first commit: everything in it is new.</p>
        : <Diff diff={diff} fault={null} />}
    </RepositoryLayout>
  );
}
