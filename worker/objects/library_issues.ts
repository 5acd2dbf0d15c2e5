/** The built-in issue tracker of a project. People and agents write it; who wrote what is on record. */
import type { IssueData } from "../../protocol/agent/tool_results.ts";
import { isoTime } from "../../protocol/line/time.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { IssueQuery, LibraryApi, LibraryError } from "../domain/library_api.ts";
import { anyWord } from "../domain/search_words.ts";
import { ISSUE_COMMENTS_MAX, ISSUES_MAX } from "../limits.ts";
import type { CommentRow, IssueRow } from "../store/library/issue_table.ts";
import type { LibraryContext } from "./library_context.ts";

type Said<T> = Result<T, LibraryError>;
type Input<M extends keyof LibraryApi> = Parameters<LibraryApi[M]>[0];

export function searchIssues(at: LibraryContext, { text, ...query }: IssueQuery): readonly IssueData[] {
  const words = text === null || text === "" ? null : anyWord(text);
  if (words === null && text !== null && text !== "") return [];
  return at.store.issues.search({ ...query, words }).map((issue) => view(at, issue, []));
}

export function getIssue(at: LibraryContext, key: string): Said<IssueData> {
  const issue = find(at, key);
  return issue.ok ? ok(view(at, issue.value, at.store.issues.comments(issue.value.number))) : issue;
}

export function createIssue(at: LibraryContext, input: Input<"createIssue">): Said<IssueData> {
  const { issues } = at.store;
  const number = issues.newest() + 1;
  if (number > ISSUES_MAX) return err({ reason: "too_many", what: "issues", max: ISSUES_MAX });
  const { by: author, ...rest } = input;
  const nowMs = at.clock.nowMs();
  const issue: IssueRow = { number, ...rest, state: "open", author, createdAtMs: nowMs, updatedAtMs: nowMs };
  issues.put(issue);
  return ok(view(at, issue, []));
}

export function commentIssue(at: LibraryContext, { key, body, by }: Input<"commentIssue">): Said<IssueData> {
  const issue = find(at, key);
  if (!issue.ok) return issue;
  const { issues } = at.store;
  const { number } = issue.value;
  if (issues.comments(number).length >= ISSUE_COMMENTS_MAX) {
    return err({ reason: "too_many", what: "comments", max: ISSUE_COMMENTS_MAX });
  }
  const atMs = at.clock.nowMs();
  at.store.atomically(() => {
    issues.comment({ number, author: by, body, atMs });
    issues.put({ ...issue.value, updatedAtMs: atMs });
  });
  return getIssue(at, key);
}

export function updateIssue(at: LibraryContext, { key, patch }: Input<"updateIssue">): Said<IssueData> {
  const issue = find(at, key);
  if (!issue.ok) return issue;
  const { title, body, state, labels, assignee } = patch;
  at.store.issues.put({
    ...issue.value,
    ...(title === undefined ? {} : { title }),
    ...(body === undefined ? {} : { body }),
    ...(state === undefined ? {} : { state }),
    ...(labels === undefined ? {} : { labels }),
    ...(assignee === undefined ? {} : { assignee }),
    updatedAtMs: at.clock.nowMs(),
  });
  return getIssue(at, key);
}

function find({ store }: LibraryContext, key: string): Said<IssueRow> {
  const found = /^[1-9]\d{0,8}$/.test(key) ? store.issues.read(Number(key)) : null;
  return found === null ? err({ reason: "not_found", what: "issue", id: key }) : ok(found);
}

function view({ name }: LibraryContext, issue: IssueRow, comments: readonly CommentRow[]): IssueData {
  const { number, title, body, state, labels, assignee, author, createdAtMs, updatedAtMs } = issue;
  return {
    ref: { tracker: "builtin", project: name, key: String(number) },
    ...{ title, body, state, labels: [...labels], assignee, author },
    ...{ createdAt: isoTime(createdAtMs), updatedAt: isoTime(updatedAtMs), url: null },
    comments: comments.map(({ author, body, atMs }) => ({ author, body, at: isoTime(atMs) })),
  };
}
