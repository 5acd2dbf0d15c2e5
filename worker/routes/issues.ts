/** The issues of a project's trackers, for people: the built-in one, and GitHub's where it is set up. */
import { type Context, Hono } from "hono";
import {
  commentInput,
  issueAnswer,
  issueInput,
  issueListAnswer,
  issuePatch,
  issueQuery,
} from "../../protocol/agent/library.ts";
import { TOOL_RESULT_MAX_BYTES } from "../../protocol/agent/limits.ts";
import type { Result } from "../../protocol/result.ts";
import type { AppEnv } from "../app_env.ts";
import type { ToolError } from "../domain/tool_error.ts";
import { refusalResponse } from "../errors.ts";
import type { IssueTracker } from "../ports.ts";
import { askIssues, type OpenTracker } from "../tools/issues.ts";
import { trackers } from "../tools/run_tool.ts";
import { answer } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";
import { PROVIDER_REFUSALS, toolRefusal } from "./tool_refusal.ts";

const PATH = `${PROJECT_PATH}/issues`;
const ONE = `${PATH}/:tracker/:key`;

export function createIssueRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get(PATH, async (c) => {
    const query = readQuery(c, issueQuery);
    if (!query.ok) return query.error;
    const open = await opened(c, "tasks:read");
    if (open instanceof Response) return open;
    const { labels, ...rest } = query.value;
    const list = (labels ?? "").split(",").map((label) => label.trim()).filter((label) => label !== "");
    const input = { action: "search" as const, ...rest, labels: list, max_bytes: TOOL_RESULT_MAX_BYTES };
    const found = await askIssues(input, open);
    if (!found.ok) return refusalResponse(toolRefusal(found.error));
    const { action: _, ...page } = found.value;
    return c.json(page);
  });
  app.post(PATH, async (c) => {
    const body = await readBody(c, issueInput);
    if (!body.ok) return body.error;
    const open = await opened(c, "tasks:write");
    if (open instanceof Response) return open;
    const { tracker, ...issue } = body.value;
    return await withTracker(c, open, tracker, (known) => known.create(issue), 201);
  });
  app.get(ONE, async (c) => {
    const open = await opened(c, "tasks:read");
    if (open instanceof Response) return open;
    const { tracker, key } = c.req.param();
    return await withTracker(c, open, tracker, (known) => known.get(key));
  });
  app.patch(ONE, async (c) => {
    const body = await readBody(c, issuePatch);
    if (!body.ok) return body.error;
    const open = await opened(c, "tasks:write");
    if (open instanceof Response) return open;
    const { tracker, key } = c.req.param();
    return await withTracker(c, open, tracker, (known) => known.update(key, body.value));
  });
  app.post(`${ONE}/comments`, async (c) => {
    const body = await readBody(c, commentInput);
    if (!body.ok) return body.error;
    const open = await opened(c, "tasks:write");
    if (open instanceof Response) return open;
    const { tracker, key } = c.req.param();
    return await withTracker(c, open, tracker, (known) => known.comment(key, body.value.body), 201);
  });
  return app;
}

/** The trackers of the project, for who may. */
async function opened(
  c: Context<AppEnv>,
  scope: "tasks:read" | "tasks:write",
): Promise<OpenTracker | Response> {
  const who = await c.var.queue.authorizeScope(c.var.caller, { scope, isLineFine: false });
  if (!who.ok) return answer(who);
  const settings = await c.var.queue.readProject(c.var.caller);
  if (!settings.ok) return answer(settings);
  const { owner, project } = c.var.at;
  return trackers({ env: c.env, owner, project }, settings.value.gitUrl, who.value.principal);
}

async function withTracker<T>(
  c: Context<AppEnv>,
  open: OpenTracker,
  name: string,
  use: (tracker: IssueTracker) => Promise<Result<T, ToolError>>,
  status: 200 | 201 = 200,
): Promise<Response> {
  const tracker = open(name);
  if (!tracker.ok) return refusalResponse(toolRefusal(tracker.error));
  const used = await use(tracker.value);
  return used.ok ? c.json({ issue: used.value }, status) : refusalResponse(toolRefusal(used.error));
}

const READ = { tag: "Issues", method: "get", tokens: ["user"], scope: "tasks:read" } as const;
const WRITE = { tag: "Issues", tokens: ["user"], scope: "tasks:write" } as const;
const REFUSALS = [
  "404 project_not_found",
  "404 tracker_not_found",
  "409 tracker_off",
  "422 invalid_for_provider",
  ...PROVIDER_REFUSALS,
];
const UNKNOWN = [...REFUSALS, "404 issue_not_found"];

export const ISSUE_OPERATIONS: readonly Operation[] = [
  {
    ...READ,
    paths: [PATH],
    summary: "Search issues of a tracker",
    description: "Long texts are cut; one issue is read in full.",
    query: issueQuery,
    answers: { 200: issueListAnswer },
    refusals: [...REFUSALS, "409 cursor_stale"],
  },
  {
    ...WRITE,
    method: "post",
    paths: [PATH],
    summary: "Make an issue",
    body: issueInput,
    answers: { 201: issueAnswer },
    refusals: REFUSALS,
  },
  {
    ...READ,
    paths: [ONE],
    summary: "Read an issue with its comments",
    answers: { 200: issueAnswer },
    refusals: UNKNOWN,
  },
  {
    ...WRITE,
    method: "patch",
    paths: [ONE],
    summary: "Change an issue",
    body: issuePatch,
    answers: { 200: issueAnswer },
    refusals: UNKNOWN,
  },
  {
    ...WRITE,
    method: "post",
    paths: [`${ONE}/comments`],
    summary: "Comment on an issue",
    body: commentInput,
    answers: { 201: issueAnswer },
    refusals: [...UNKNOWN, "409 too_many_comments"],
  },
];
