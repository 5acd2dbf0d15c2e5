/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** A folder or a file of a task's repository. A file is shown as text, whatever is in it. */
import type { RepositoryFile } from "../domain/task_repository_api.ts";
import {
  PAGE_FILE_LINES_MAX,
  PAGE_FILE_MAX_BYTES,
  PAGE_FOLDER_ENTRIES_MAX,
  PAGE_LINE_MAX_CHARS,
} from "../limits.ts";
import { apiPath, filesPath, RepositoryLayout, type RepositoryView, size } from "./repository_parts.tsx";

export interface PlaceView extends RepositoryView {
  /** Without slashes at its ends; "" is the root. */
  readonly path: string;
}

export interface FolderView extends PlaceView {
  readonly files: readonly RepositoryFile[];
}

export interface FileView extends PlaceView {
  readonly bytes: number;
  /** Its beginning as text; null for a file that is no text, or too large to read. */
  readonly text: string | null;
  readonly fault: "binary" | "too_large" | null;
}

/** The page of a folder. */
export function FolderPage({ view }: { readonly view: FolderView }) {
  const { task, ref, path } = view;
  const isFolder = (file: RepositoryFile) => file.mode === "directory" ? 0 : 1;
  const files = view.files.toSorted((a, b) => isFolder(a) - isFolder(b));
  const parent = path.split("/").slice(0, -1).join("/");
  return (
    <RepositoryLayout view={view} at="files" title={path === "" ? "Files" : nameOf(path)}>
      <Path view={view} />
      <ul class="files panel" aria-label="Files">
        {path === "" ? null : (
          <li>
            <a href={filesPath(task, ref, parent)}>..</a>
          </li>
        )}
        {files.slice(0, PAGE_FOLDER_ENTRIES_MAX).map((file) => (
          <li key={file.path}>
            <Entry view={view} file={file} />
          </li>
        ))}
        {files.length === 0 ? <li class="soft">This folder is empty.</li> : null}
      </ul>
      {files.length > PAGE_FOLDER_ENTRIES_MAX
        ? <p class="soft small">{PAGE_FOLDER_ENTRIES_MAX} of {files.length} entries; the clone has all.</p>
        : null}
    </RepositoryLayout>
  );
}

function Entry({ view, file }: { readonly view: FolderView; readonly file: RepositoryFile }) {
  const name = nameOf(file.path);
  // Another repository's commit: there is nothing of it here.
  if (file.mode === "submodule") {
    return (
      <>
        <span class="mono">{name}</span>
        <span class="soft small">submodule at {file.objectId.slice(0, 10)}</span>
      </>
    );
  }
  const isFolder = file.mode === "directory";
  return (
    <>
      <a class="mono" href={filesPath(view.task, view.ref, file.path)}>{isFolder ? `${name}/` : name}</a>
      <span class="soft small">
        {file.mode === "executable" ? "executable " : file.mode === "symlink" ? "symbolic link " : ""}
        {isFolder ? "" : size(file.bytes)}
      </span>
    </>
  );
}

/** The page of a file. */
export function FilePage({ view }: { readonly view: FileView }) {
  const { task, ref, path, text, fault, bytes } = view;
  const raw = `${apiPath(task)}/files/content?${new URLSearchParams({ ref, path })}`;
  return (
    <RepositoryLayout view={view} at="files" title={nameOf(path)}>
      <Path view={view} />
      <p class="meta">
        <span>{size(bytes)}</span>
        {fault === "too_large" ? null : <a href={raw}>As it is</a>}
      </p>
      {fault === "binary" ? <p class="empty">A binary file of {size(bytes)}.</p> : null}
      {fault === "too_large"
        ? <p class="empty">Too large to show: {size(bytes)}. The clone has it.</p>
        : null}
      {text === null ? null : <Source text={text} isCut={bytes > PAGE_FILE_MAX_BYTES} />}
    </RepositoryLayout>
  );
}

/** The lines of a text, numbered. */
export function Source({ text, isCut }: { readonly text: string; readonly isCut: boolean }) {
  if (text === "") return <p class="empty">This file is empty.</p>;
  // To HTML a lone carriage return is the end of a line; to git it is not.
  const all = text.replace(/\r?\n$/, "").split(/\r?\n/).map((line) => line.replaceAll("\r", "␍"));
  const lines = all.slice(0, PAGE_FILE_LINES_MAX);
  const isPart = isCut || lines.length < all.length ||
    lines.some((line) => line.length > PAGE_LINE_MAX_CHARS);
  return (
    <>
      <pre class="source panel" tabindex={0}>{lines.map((line, i) => (
          <span key={i} id={`L${i + 1}`}><a href={`#L${i + 1}`}>{i + 1}</a>{cut(line)}</span>
      ))}</pre>
      {isPart
        ? <p class="soft small">Long lines and what comes later are left out; the clone has all of it.</p>
        : null}
    </>
  );
}

function cut(line: string): string {
  return line.length > PAGE_LINE_MAX_CHARS ? `${line.slice(0, PAGE_LINE_MAX_CHARS)}…` : line;
}

/** The folders above, each a link. */
function Path({ view }: { readonly view: PlaceView }) {
  const { task, ref, path } = view;
  if (path === "") return null;
  const parts = path.split("/");
  return (
    <p class="mono path">
      <a href={filesPath(task, ref)}>root</a>
      {parts.map((part, i) => (
        <>
          {" / "}
          {i === parts.length - 1
            ? part
            : <a href={filesPath(task, ref, parts.slice(0, i + 1).join("/"))}>{part}</a>}
        </>
      ))}
    </p>
  );
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
