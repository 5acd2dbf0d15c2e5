/** The project's own issues, as a tracker. */
import { ok } from "../../protocol/result.ts";
import type { LibraryApi } from "../domain/library_api.ts";
import type { IssueTracker } from "../ports.ts";

/** @param by Who asks, as the audit calls them. */
export function createBuiltinIssues(library: LibraryApi, project: string, by: string): IssueTracker {
  return {
    name: "builtin",
    project,
    search: async (query) => {
      const issues = await library.searchIssues({ ...query, limit: query.limit + 1 });
      return ok({ issues: issues.slice(0, query.limit), hasMore: issues.length > query.limit });
    },
    get: (key) => library.getIssue(key),
    create: (input) => library.createIssue({ ...input, by }),
    comment: (key, body) => library.commentIssue({ key, body, by }),
    update: (key, patch) => library.updateIssue({ key, patch, by }),
  };
}
