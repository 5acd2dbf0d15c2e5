/** The built-in tracker's issues and comments. Sole writer of `issues` and `issue_comments`. */
import type { IssueQuery } from "../../domain/library_api.ts";
import { objectRows, type RowValue } from "../object_rows.ts";
import { issueComments, issues } from "./schema.ts";

export type IssueRow = typeof issues.$inferSelect;
export type CommentRow = Omit<typeof issueComments.$inferSelect, "id">;

export interface IssueTable {
  newest(): number;
  read(number: number): IssueRow | null;
  put(issue: IssueRow): void;
  comments(number: number): readonly CommentRow[];
  comment(comment: CommentRow): void;
  /** By words the best first, else the newest. `words` null: no text was asked for. */
  search(query: Omit<IssueQuery, "text"> & { readonly words: string | null }): readonly IssueRow[];
}

export function createIssueTable(sql: SqlStorage): IssueTable {
  const rows = { issues: objectRows(sql, issues), comments: objectRows(sql, issueComments) };
  return {
    newest: () => rows.issues.first("ORDER BY number DESC")?.number ?? 0,
    read: (number) => rows.issues.first("WHERE number = ?", number),
    put: (issue) => rows.issues.put(issue),
    comments: (number) =>
      rows.comments.all("WHERE number = ? ORDER BY id", number).map(({ author, body, atMs }) => (
        { number, author, body, atMs }
      )),
    comment: ({ number, author, body, atMs }) =>
      void sql.exec(
        "INSERT INTO issue_comments (number, author, body, at_ms) VALUES (?, ?, ?, ?)",
        ...[number, author, body, atMs],
      ),
    search: ({ words, state, labels, assignee, limit, offset }) => {
      const tests: string[] = [];
      const values: RowValue[] = [];
      const demand = (test: string, ...more: RowValue[]) => {
        tests.push(test);
        values.push(...more);
      };
      if (state !== null) demand("state = ?", state);
      if (assignee !== null) demand("assignee = ?", assignee);
      for (const label of labels) {
        demand("EXISTS (SELECT 1 FROM json_each(labels) WHERE value = ?)", label);
      }
      const order = words === null
        ? "ORDER BY number DESC"
        : "ORDER BY (SELECT rank FROM issues_fts WHERE issues_fts MATCH ? AND rowid = issues.number), number DESC";
      if (words !== null) {
        demand("number IN (SELECT rowid FROM issues_fts WHERE issues_fts MATCH ?)", words);
      }
      const where = tests.length === 0 ? "" : `WHERE ${tests.join(" AND ")}`;
      const last: RowValue[] = [...(words === null ? [] : [words]), limit, offset];
      return rows.issues.all(`${where} ${order} LIMIT ? OFFSET ?`, ...values, ...last);
    },
  };
}
