/**
 * The pages of a task's repository for people: its folders and files, its log, what a commit changed. The same questions
 * as in `files.ts`; what they look like is in `worker/pages/repository_*.tsx`. Nothing here runs a script.
 */
import { type Context, Hono } from "hono";
import { commitId } from "../../protocol/line/fields.ts";
import type { AppEnv } from "../app_env.ts";
import type { RepositoryAccess, RepositoryError, TaskRepositoryApi } from "../domain/task_repository_api.ts";
import { COMMIT_PAGE_DEFAULT, PAGE_FILE_MAX_BYTES } from "../limits.ts";
import { CommitDetailPage, CommitsPage } from "../pages/repository_commits.tsx";
import { FilePage, FolderPage } from "../pages/repository_files.tsx";
import type { RepositoryView } from "../pages/repository_parts.tsx";
import { MessagePage } from "../pages/sign_in.tsx";
import { openTask } from "./opened_task.ts";
import { missing, page } from "./page_response.ts";
import { MAIN_REF } from "./task_evidence.ts";

/** What a ref name and a path of git can be; longer ones exist nowhere. */
const REF_MAX_CHARS = 300;
const PATH_MAX_CHARS = 4_096;
const CURSOR_MAX_CHARS = 100;
/** Git's own rule: a NUL in the first bytes means binary. */
const BINARY_PROBE_BYTES = 8_000;

/** `/p/{owner}/{project}/tasks/{taskId}/files`, `/commits` and `/commits/{id}`. */
export function createRepositoryPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const task = "/p/:owner/:project/tasks/:taskId";

  app.get(`${task}/files`, async (c) => {
    const opened = await open(c, nowMs());
    if (opened instanceof Response) return opened;
    const { repository, access, view } = opened;
    const given = c.req.query("path") ?? "";
    if (given.length > PATH_MAX_CHARS) return missing(c, "There is no such path.");
    const path = given.split("/").filter((part) => part !== "").join("/");
    const files = await repository.listFiles(access, view.ref, path);
    if (files.ok) return page(c, FolderPage({ view: { ...view, path, files: files.value } }));
    if (files.error.reason !== "path_not_found") return refuse(c, files.error);
    const file = await repository.readFile(access, view.ref, path);
    if (file.ok) {
      const isBinary = file.value.subarray(0, BINARY_PROBE_BYTES).includes(0);
      const text = isBinary ? null : textOf(file.value.subarray(0, PAGE_FILE_MAX_BYTES));
      const fault = isBinary ? "binary" as const : null;
      return page(c, FilePage({ view: { ...view, path, bytes: file.value.length, text, fault } }));
    }
    if (file.error.reason !== "object_too_large") return refuse(c, file.error);
    const { bytes } = file.error;
    return page(c, FilePage({ view: { ...view, path, bytes, text: null, fault: "too_large" } }));
  });

  app.get(`${task}/commits`, async (c) => {
    const opened = await open(c, nowMs());
    if (opened instanceof Response) return opened;
    const { repository, access, view } = opened;
    const cursor = c.req.query("cursor") ?? null;
    if ((cursor?.length ?? 0) > CURSOR_MAX_CHARS) return refuse(c, { reason: "bad_cursor", cursor: "" });
    const log = await repository.listCommits(access, view.ref, COMMIT_PAGE_DEFAULT, cursor);
    if (!log.ok) return refuse(c, log.error);
    return page(c, CommitsPage({ view: { ...view, log: log.value, isLater: cursor !== null } }));
  });

  app.get(`${task}/commits/:commitId`, async (c) => {
    const id = c.req.param("commitId");
    if (!commitId.safeParse(id).success) return missing(c, "There is no such commit.");
    const opened = await open(c, nowMs(), id);
    if (opened instanceof Response) return opened;
    const { repository, access, view } = opened;
    const found = await repository.listCommits(access, id, 1, null);
    if (!found.ok) return refuse(c, found.error);
    const commit = found.value.commits[0]!;
    const parent = commit.parents[0];
    const diff = parent === undefined ? null : await repository.diff(access, parent, commit.id);
    if (diff !== null && !diff.ok) return refuse(c, diff.error);
    return page(c, CommitDetailPage({ view: { ...view, commit, diff: diff?.value ?? null } }));
  });
  return app;
}

interface Opened {
  readonly repository: TaskRepositoryApi;
  readonly access: RepositoryAccess;
  readonly view: RepositoryView;
}

/** The repository and what every page of it shows; else the page to send instead. */
async function open(
  c: Context<AppEnv>,
  nowMs: number,
  ref = c.req.query("ref") ?? MAIN_REF,
): Promise<Opened | Response> {
  const opened = await openTask(c);
  if (opened instanceof Response) return opened;
  if (ref === "" || ref.length > REF_MAX_CHARS) return missing(c, "There is no such branch, tag or commit.");
  const { repository, access, task } = opened;
  const refs = await repository.listRefs(access);
  return { repository, access, view: { task, refs, ref, nowMs } };
}

function refuse(c: Context<AppEnv>, error: RepositoryError): Promise<Response> {
  switch (error.reason) {
    case "ref_not_found":
      return missing(c, "There is no such branch, tag or commit in this task's repository.");
    case "path_not_found":
      return missing(c, "There is no such file or folder there.");
    case "bad_cursor":
      return page(c, MessagePage({ title: "Commits", message: "This page of the log does not exist." }), 400);
    case "object_too_large":
      return page(
        c,
        MessagePage({ title: "Too large", message: "Too large to show; the clone has it." }),
        413,
      );
  }
}

/** Bytes that are no characters become U+FFFD. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
