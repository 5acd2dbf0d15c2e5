/** Issues of one repository of GitHub, by its REST API (2022-11-28). Pull requests are no issues here. */
import { z } from "zod";
import type { IssueData } from "../../protocol/agent/tool_results.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { IssueQuery } from "../domain/library_api.ts";
import type { ProviderError } from "../domain/tool_error.ts";
import type { IssueTracker } from "../ports.ts";
import { askJson, type Provider } from "./ask.ts";

const user = z.object({ login: z.string() }).nullable();
const issue = z.object({
  number: z.number().int(),
  title: z.string(),
  body: z.string().nullish(),
  state: z.enum(["open", "closed"]),
  labels: z.array(z.union([z.string(), z.object({ name: z.string().nullish() })])),
  assignee: user.nullish(),
  user,
  created_at: z.string(),
  updated_at: z.string(),
  html_url: z.string(),
  repository_url: z.string(),
  pull_request: z.unknown().optional(),
});
const comment = z.object({ user, body: z.string().nullish(), created_at: z.string() });
const found = z.object({ total_count: z.number(), items: z.array(issue) });

/** GitHub's largest page; a search goes no further than its first thousand. */
const PAGE = 100;
const SEARCHED_MAX = 1_000;

/** @param repository `owner/name`, checked by the caller to be one that agents may ask. */
export function createGitHubIssues(provider: Provider, repository: string): IssueTracker {
  const at = `/repos/${repository}/issues`;
  const view = (row: z.output<typeof issue>, comments: readonly z.output<typeof comment>[]): IssueData => ({
    ref: { tracker: "github", project: repository, key: String(row.number) },
    title: row.title,
    body: row.body ?? "",
    state: row.state,
    labels: row.labels.flatMap((label) => typeof label === "string" ? label : label.name ?? []),
    assignee: row.assignee?.login ?? null,
    author: row.user?.login ?? "ghost",
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    url: row.html_url,
    comments: comments.map(({ user, body, created_at }) => (
      { author: user?.login ?? "ghost", body: body ?? "", at: created_at }
    )),
  });
  const missing = (key: string): ProviderError => ({ reason: "remote_not_found", what: "issue", id: key });
  const isKey = (key: string) => /^[1-9]\d{0,9}$/.test(key);

  async function get(key: string): Promise<Result<IssueData, ProviderError>> {
    if (!isKey(key)) return err(missing(key));
    const row = await askJson(provider, `${at}/${key}`, issue, { missing: missing(key) });
    if (!row.ok) return row;
    if (row.value.pull_request !== undefined) return err(missing(key));
    const query = { per_page: PAGE };
    const comments = await askJson(provider, `${at}/${key}/comments`, z.array(comment), { query });
    return comments.ok ? ok(view(row.value, comments.value)) : comments;
  }

  return {
    name: "github",
    project: repository,
    search: async (query) => {
      const { limit, offset } = query;
      const page = Math.floor(offset / limit) + 1;
      const paging = { per_page: limit, page };
      if (query.text === null || query.text === "") {
        const { state, labels, assignee } = query;
        const rows = await askJson(provider, at, z.array(issue), {
          query: {
            ...{ state: state ?? "all", assignee: assignee ?? undefined, ...paging },
            labels: labels.length === 0 ? undefined : labels.join(","),
          },
        });
        if (!rows.ok) return rows;
        const issues = rows.value.filter(({ pull_request }) => pull_request === undefined);
        return ok({ issues: issues.map((row) => view(row, [])), hasMore: rows.value.length === limit });
      }
      const q = searchText(repository, query);
      const rows = await askJson(provider, "/search/issues", found, { query: { q, ...paging } });
      if (!rows.ok) return rows;
      const { items, total_count } = rows.value;
      // What is another repository's is not this project's, whatever the search says.
      const own = items.filter(({ repository_url, pull_request }) =>
        repository_url.toLowerCase().endsWith(`/repos/${repository.toLowerCase()}`) &&
        pull_request === undefined
      );
      const hasMore = offset + items.length < Math.min(total_count, SEARCHED_MAX) && items.length > 0;
      return ok({ issues: own.map((row) => view(row, [])), hasMore });
    },
    get,
    create: async ({ title, body, labels, assignee }) => {
      const input = { title, body, labels, ...(assignee === null ? {} : { assignees: [assignee] }) };
      const made = await askJson(provider, at, issue, { method: "POST", body: input });
      return made.ok ? ok(view(made.value, [])) : made;
    },
    comment: async (key, body) => {
      // Comments of pull requests are the same to GitHub: the issue is looked at first.
      const known = await get(key);
      if (!known.ok) return known;
      const options = { method: "POST", body: { body }, missing: missing(key) };
      const made = await askJson(provider, `${at}/${key}/comments`, comment, options);
      if (!made.ok) return made;
      const { user, body: said, created_at } = made.value;
      const added = { author: user?.login ?? "ghost", body: said ?? "", at: created_at };
      return ok({ ...known.value, comments: [...known.value.comments, added] });
    },
    update: async (key, { assignee, ...patch }) => {
      const known = await get(key);
      if (!known.ok) return known;
      const assignees = assignee === undefined ? {} : { assignees: assignee === null ? [] : [assignee] };
      const options = { method: "PATCH", body: { ...patch, ...assignees }, missing: missing(key) };
      const changed = await askJson(provider, `${at}/${key}`, issue, options);
      return changed.ok ? ok({ ...view(changed.value, []), comments: known.value.comments }) : changed;
    },
  };
}

/** Only words reach the search: a qualifier in the text (`repo:other/x`) would leave the project. */
function searchText(repository: string, { text, state, labels, assignee }: IssueQuery): string {
  const words = (text ?? "").match(/[\p{L}\p{N}_-]+/gu) ?? [];
  const quoted = (word: string) => `"${word.replace(/["\\]/g, "")}"`;
  return [
    ...words.map(quoted),
    `repo:${repository}`,
    "is:issue",
    ...(state === null ? [] : [`state:${state}`]),
    ...labels.map((label) => `label:${quoted(label)}`),
    ...(assignee === null ? [] : [`assignee:${assignee.replace(/[^A-Za-z0-9-]/g, "")}`]),
  ].join(" ");
}
