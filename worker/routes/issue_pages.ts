/** The pages of a project's built-in issues, and their forms. Issues of other trackers have pages of their own there. */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { commentInput, issueInput } from "../../protocol/agent/library.ts";
import { TOOL_QUERY_MAX_CHARS } from "../../protocol/agent/limits.ts";
import { PAGE_DEFAULT } from "../../protocol/limits.ts";
import type { AppEnv } from "../app_env.ts";
import { DOCUMENT_FORM_MAX_BYTES, ISSUES_MAX } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { IssuePage, IssuesPage } from "../pages/issues.tsx";
import { libraryPath } from "../pages/library_parts.tsx";
import { plainLines } from "./input.ts";
import { formFault, noSuch, type OpenedLibrary, openLibrary } from "./opened_library.ts";
import { page } from "./page_response.ts";
import { toolRefusal } from "./tool_refusal.ts";

const PATH = "/p/:owner/:project/issues";
const ONE = `${PATH}/:key`;
const stateForm = z.object({ state: z.enum(["open", "closed"]) });

/** `/p/{owner}/{project}/issues`, `/issues/{key}`, and the forms on them. */
export function createIssuePageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(`${PATH}/*`, bodyLimit(DOCUMENT_FORM_MAX_BYTES));

  app.get(PATH, async (c) => {
    const opened = await openLibrary(c);
    return opened instanceof Response ? opened : await list(c, opened, nowMs());
  });

  app.post(PATH, async (c) => {
    const opened = await openLibrary(c, "tasks:write");
    if (opened instanceof Response) return opened;
    const { title, body, labels } = await c.req.parseBody();
    const names = String(labels ?? "").split(",").map((label) => label.trim()).filter((one) => one !== "");
    const form = issueInput.safeParse({ title, body: plainLines(body) ?? "", labels: names });
    if (!form.success) return await list(c, opened, nowMs(), formFault(form.error), 400);
    const { tracker: _, ...issue } = form.data;
    const made = await opened.library.createIssue({ ...issue, by: opened.by });
    if (made.ok) return c.redirect(libraryPath(opened.at, "issues", made.value.ref.key), 303);
    const refused = toolRefusal(made.error);
    return await list(c, opened, nowMs(), refused.body.error.message, refused.status);
  });

  app.get(ONE, async (c) => {
    const opened = await openLibrary(c);
    return opened instanceof Response ? opened : await one(c, opened, nowMs());
  });

  app.post(`${ONE}/:action{(?:comments|state)}`, async (c) => {
    const opened = await openLibrary(c, "tasks:write");
    if (opened instanceof Response) return opened;
    const { library, by } = opened;
    const key = c.req.param("key");
    const fields = await c.req.parseBody();
    const isComment = c.req.param("action") === "comments";
    const form = isComment
      ? commentInput.safeParse({ body: plainLines(fields["body"]) })
      : stateForm.safeParse(fields);
    if (!form.success) return await one(c, opened, nowMs(), formFault(form.error), 400);
    const done = "body" in form.data
      ? await library.commentIssue({ key, body: form.data.body, by })
      : await library.updateIssue({ key, patch: form.data, by });
    if (done.ok) return c.redirect(libraryPath(opened.at, "issues", key), 303);
    const refused = toolRefusal(done.error);
    return await one(c, opened, nowMs(), refused.body.error.message, refused.status);
  });
  return app;
}

async function list(
  c: Context<AppEnv>,
  { at, library }: OpenedLibrary,
  nowMs: number,
  fault: string | null = null,
  status = 200,
): Promise<Response> {
  const state = c.req.query("state") === "closed" ? "closed" : "open";
  const text = (c.req.query("text") ?? "").trim().slice(0, TOOL_QUERY_MAX_CHARS);
  const wanted = Number(c.req.query("offset") ?? "0");
  const offset = Number.isSafeInteger(wanted) && wanted > 0 && wanted <= ISSUES_MAX ? wanted : 0;
  const found = await library.searchIssues({
    ...{ text: text === "" ? null : text, state, labels: [], assignee: null },
    ...{ limit: PAGE_DEFAULT + 1, offset },
  });
  const nextOffset = found.length > PAGE_DEFAULT ? offset + PAGE_DEFAULT : null;
  const issues = found.slice(0, PAGE_DEFAULT);
  return await page(c, IssuesPage({ view: { at, nowMs, fault, issues, state, text, nextOffset } }), status);
}

async function one(
  c: Context<AppEnv>,
  { at, library }: OpenedLibrary,
  nowMs: number,
  fault: string | null = null,
  status = 200,
): Promise<Response> {
  const issue = await library.getIssue(c.req.param("key") ?? "");
  if (!issue.ok) return await noSuch(c, issue.error);
  return await page(c, IssuePage({ view: { at, issue: issue.value, nowMs, fault } }), status);
}
