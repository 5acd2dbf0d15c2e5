/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What a person judges by: reports and the diff. Text is shown as text, whatever an agent wrote into it. */
import type { FileChange, RepositoryDiff } from "../domain/task_repository_api.ts";
import { Commit } from "./parts.tsx";

export interface ReportView {
  readonly path: string;
  readonly text: string;
  readonly isCut: boolean;
}

/** The reports, each open. */
export function Reports({ reports }: { readonly reports: readonly ReportView[] }) {
  if (reports.length === 0) return <p class="empty">No report was written yet.</p>;
  return (
    <>
      {reports.map(({ path, text, isCut }) => (
        <details key={path} id={`report-${path}`} open>
          <summary>{path}</summary>
          <pre class="text">{text}</pre>
          {isCut ? <p class="soft small">Only the beginning is shown; the clone has all of it.</p> : null}
        </details>
      ))}
    </>
  );
}

const FAULTS: Readonly<Record<string, string>> = {
  no_commits: "No station has reported commits yet.",
  ref_not_found: "The commits are not in this task's repository yet.",
};

export interface DiffProps {
  readonly diff: RepositoryDiff | null;
  readonly fault: string | null;
}

/** The diff, file by file. */
export function Diff({ diff, fault }: DiffProps) {
  if (diff === null) return <p class="empty">{FAULTS[fault ?? ""] ?? "There is no diff to show."}</p>;
  if (diff.changes.length === 0) return <p class="empty">Nothing was changed.</p>;
  return (
    <>
      <p class="soft small">
        <Commit id={diff.baseCommit} /> to <Commit id={diff.headCommit} />
        {diff.isTruncated ? "; more files changed than are shown" : ""}
      </p>
      {diff.changes.map((change) => (
        <ChangedFile key={change.path} change={change} isOpen={diff.changes.length <= 12} />
      ))}
    </>
  );
}

const KINDS = {
  added: "added",
  modified: "changed",
  deleted: "deleted",
  mode_changed: "mode changed",
} as const;
const OMITTED = { binary: "A binary file.", too_large: "Too large to show; the clone has it." } as const;

/** One file of a diff, with its patch. */
export function ChangedFile({ change, isOpen }: { readonly change: FileChange; readonly isOpen: boolean }) {
  return (
    <details id={`diff-${change.path}`} open={isOpen}>
      <summary>
        <span class="mono">{change.path}</span>
        <span class="small soft">
          {KINDS[change.kind]} <span class="plus">+{change.addedLines}</span>{" "}
          <span class="minus">−{change.deletedLines}</span>
        </span>
      </summary>
      {change.patch === null
        ? <p class="soft">{change.omitted === null ? "" : OMITTED[change.omitted]}</p>
        : <Patch text={change.patch} />}
    </details>
  );
}

/** One file's hunks. */
export function Patch({ text }: { readonly text: string }) {
  const all = text.replace(/\n$/, "").split("\n");
  // What stands before the first hunk repeats the file's name.
  const lines = all.slice(Math.max(0, all.findIndex((line) => line.startsWith("@@"))));
  return (
    <pre
      class="diff"
      tabindex={0}
    >{lines.map((line, i) => <span key={i} class={classOf(line)}>{line === "" ? " " : line}</span>)}</pre>
  );
}

function classOf(line: string): string {
  if (line.startsWith("+")) return "add";
  if (line.startsWith("-")) return "del";
  return line.startsWith("@@") || line.startsWith("\\") ? "hunk" : "";
}
