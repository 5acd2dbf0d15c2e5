/**
 * What the rest of the control plane may ask of a `TaskRepository` object: one git repository per task, the
 * Assembly Line Repository of Line 9. Types and one name; the object is `worker/objects/task_repository.ts`.
 *
 * The object makes itself: the first call of any kind creates `main` with one initial commit whose bytes depend
 * on `createdAtMs` and the task id alone, so creating twice, or after a crash, gives the same repository.
 */

/** The header by which our own routes send the decided {@link RepositoryAccess} along; a client's own is dropped. */
export const REPOSITORY_ACCESS_HEADER = "x-shopfloor-access";

/** Who is asking, as the queue decided it; the git routes send it along with the request. */
export interface RepositoryAccess {
  readonly taskId: string;
  readonly createdAtMs: number;
  /** May it push at all? False for people who look, and for everybody once the task has ended (Line 9, REC). */
  readonly canWrite: boolean;
  /** Refs it may change: a prefix list such as `refs/heads/`; the first that matches wins, `deny` before `allow`. */
  readonly allowPrefixes: readonly string[];
  readonly denyPrefixes: readonly string[];
}

export interface RepositoryRef {
  /** Full name, e.g. `refs/heads/main`. */
  readonly name: string;
  readonly commit: string;
}

export interface RepositoryFile {
  readonly path: string;
  readonly mode: "file" | "executable" | "symlink" | "directory" | "submodule";
  readonly objectId: string;
  readonly bytes: number;
}

export type FileChangeKind = "added" | "modified" | "deleted" | "mode_changed";

export interface FileChange {
  readonly path: string;
  readonly kind: FileChangeKind;
  /** Unified diff text (with `@@` hunks); absent for a binary file or one above the size limit. */
  readonly patch: string | null;
  readonly addedLines: number;
  readonly deletedLines: number;
  /** Why there is no patch. */
  readonly omitted: "binary" | "too_large" | null;
}

export interface RepositoryDiff {
  readonly baseCommit: string;
  readonly headCommit: string;
  readonly changes: readonly FileChange[];
  /** True if more files changed than the limit and the rest is left out. */
  readonly isTruncated: boolean;
}

/** A commit as a log shows it. */
export interface RepositoryCommit {
  readonly id: string;
  readonly parents: readonly string[];
  readonly authorName: string;
  readonly authorEmail: string;
  /** Unix milliseconds. */
  readonly authoredAtMs: number;
  /** Unix milliseconds. */
  readonly committedAtMs: number;
  /** The message's first line. */
  readonly subject: string;
}

export interface CommitPage {
  /** Newest first. */
  readonly commits: readonly RepositoryCommit[];
  /** The cursor of the next page; null at the end. */
  readonly next: string | null;
}

export type RepositoryError =
  | { readonly reason: "bad_cursor"; readonly cursor: string }
  | { readonly reason: "ref_not_found"; readonly ref: string }
  | { readonly reason: "path_not_found"; readonly ref: string; readonly path: string }
  | {
    readonly reason: "object_too_large";
    readonly path: string;
    readonly bytes: number;
    readonly bytesMax: number;
  };

/** RPC methods take plain data and return plain data; git traffic goes through `fetch`. */
export interface TaskRepositoryApi {
  /**
   * Smart HTTP: `GET info/refs?service=...`, `POST git-upload-pack`, `POST git-receive-pack`; and `GET bundle`, all refs
   * with what they reach as a bundle (v2). The caller has been authorised; `access` travels as JSON in the header
   * `x-shopfloor-access` that only our own routes set.
   */
  fetch(request: Request): Promise<Response>;
  listRefs(access: RepositoryAccess): Promise<readonly RepositoryRef[]>;
  /** Directory listing at `ref` (a full ref name or a commit id); `path` is "" for the root. */
  listFiles(
    access: RepositoryAccess,
    ref: string,
    path: string,
  ): Promise<
    { readonly ok: true; readonly value: readonly RepositoryFile[] } | {
      readonly ok: false;
      readonly error: RepositoryError;
    }
  >;
  readFile(
    access: RepositoryAccess,
    ref: string,
    path: string,
  ): Promise<
    { readonly ok: true; readonly value: Uint8Array } | {
      readonly ok: false;
      readonly error: RepositoryError;
    }
  >;
  diff(
    access: RepositoryAccess,
    baseCommit: string,
    headCommit: string,
  ): Promise<
    { readonly ok: true; readonly value: RepositoryDiff } | {
      readonly ok: false;
      readonly error: RepositoryError;
    }
  >;
  /** A page of at most `limit` commits that `ref` (a full ref name or a commit id) reaches. */
  listCommits(
    access: RepositoryAccess,
    ref: string,
    limit: number,
    cursor: string | null,
  ): Promise<
    { readonly ok: true; readonly value: CommitPage } | {
      readonly ok: false;
      readonly error: RepositoryError;
    }
  >;
}
