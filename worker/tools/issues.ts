/** `af_issues` (Runtime 3.5): one shape over the project's trackers. */
import type { ToolParameters } from "../../protocol/agent/tools.ts";
import type { ToolResult } from "../../protocol/agent/tool_results.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { ToolError } from "../domain/tool_error.ts";
import { pageOfText } from "../domain/text_page.ts";
import type { IssueTracker } from "../ports.ts";

type Answer = Promise<Result<ToolResult<"af_issues">, ToolError>>;
type Issue = Extract<ToolResult<"af_issues">, { action: "get" }>["issue"];

/** Issues of one page of a search: their texts are cut to fit. */
const PAGE = 20;

/** Opens a tracker by its name, or says why it is off. */
export type OpenTracker = (name: string) => Result<IssueTracker, ToolError>;

export async function askIssues(input: ToolParameters<"af_issues">, open: OpenTracker): Answer {
  const tracker = input.ref === undefined ? open(input.tracker ?? "builtin") : openRef(input.ref, open);
  if (!tracker.ok) return tracker;
  const { max_bytes: maxBytes, action } = input;
  switch (action) {
    case "search":
      return await search(input, tracker.value);
    case "get": {
      const found = await tracker.value.get(input.ref!.key);
      return found.ok ? pageOfIssue(found.value, maxBytes, input.cursor) : found;
    }
    case "create": {
      const { title = "", body = "", labels = [], assignee = null } = input;
      const made = await tracker.value.create({ title, body, labels, assignee });
      return made.ok ? ok({ action, issue: cut(made.value, maxBytes) }) : made;
    }
    case "comment": {
      const made = await tracker.value.comment(input.ref!.key, input.body!);
      return made.ok ? ok({ action, issue: cut(made.value, maxBytes) }) : made;
    }
    case "update": {
      const made = await tracker.value.update(input.ref!.key, input.patch!);
      return made.ok ? ok({ action, issue: cut(made.value, maxBytes) }) : made;
    }
  }
}

/** A reference names a project, which must be the caller's own. */
function openRef(
  ref: NonNullable<ToolParameters<"af_issues">["ref"]>,
  open: OpenTracker,
): Result<IssueTracker, ToolError> {
  const tracker = open(ref.tracker);
  if (!tracker.ok || tracker.value.project.toLowerCase() === ref.project.toLowerCase()) return tracker;
  return err({ reason: "project_not_yours", project: ref.project, expected: tracker.value.project });
}

async function search(input: ToolParameters<"af_issues">, tracker: IssueTracker): Answer {
  const { cursor, text = null, state = null, labels = [], assignee = null } = input;
  const offset = cursor === undefined ? 0 : Number(/^o(\d{1,6})$/.exec(cursor)?.[1] ?? NaN);
  if (!Number.isSafeInteger(offset) || offset % PAGE !== 0) return err({ reason: "cursor_stale" });
  const found = await tracker.search({ text, state, labels, assignee, limit: PAGE, offset });
  if (!found.ok) return found;
  const { issues, hasMore } = found.value;
  const each = Math.floor(input.max_bytes / PAGE);
  return ok({
    action: "search",
    issues: issues.map((issue) => cut(issue, each)),
    nextCursor: hasMore ? `o${offset + PAGE}` : null,
  });
}

/** All of an issue and its comments, in pages: the body goes first, then the comments, oldest first. */
function pageOfIssue(
  issue: Issue,
  maxBytes: number,
  cursor: string | undefined,
): Result<ToolResult<"af_issues">, ToolError> {
  const whole = JSON.stringify({ body: issue.body, comments: issue.comments });
  if (cursor === undefined && new TextEncoder().encode(whole).length <= maxBytes) {
    return ok({ action: "get", issue, nextCursor: null });
  }
  // Too large for one answer: as one text, with who said what above it.
  const said = issue.comments.map(({ author, body, at }) => `\n\n--- ${author}, ${at}\n\n${body}`).join("");
  const page = pageOfText(issue.body + said, maxBytes, cursor);
  if (!page.ok) return page;
  const { text, nextCursor } = page.value;
  return ok({ action: "get", issue: { ...issue, body: text, comments: [] }, nextCursor });
}

/** The beginning of a text that is only looked at; `get` reads it in full. */
function cut(issue: Issue, maxBytes: number): Issue {
  const body = pageOfText(issue.body, Math.max(200, Math.floor(maxBytes / 2)), undefined);
  const isCut = body.ok && body.value.nextCursor !== null;
  return { ...issue, body: body.ok ? body.value.text + (isCut ? "…" : "") : issue.body, comments: [] };
}
