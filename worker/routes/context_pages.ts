/** The pages of a project's contexts, and their forms. */
import { type Context, Hono } from "hono";
import { attachment, contextInput, libraryName, sourceInput } from "../../protocol/agent/library.ts";
import { TOOL_ITEMS_MAX, TOOL_QUERY_MAX_CHARS } from "../../protocol/agent/limits.ts";
import type { AppEnv } from "../app_env.ts";
import { DOCUMENT_FORM_MAX_BYTES } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { ContextPage, ContextsPage, SourcePage } from "../pages/contexts.tsx";
import { libraryPath } from "../pages/library_parts.tsx";
import { plainLines } from "./input.ts";
import { formFault, noSuch, type OpenedLibrary, openLibrary } from "./opened_library.ts";
import { page } from "./page_response.ts";
import { toolRefusal } from "./tool_refusal.ts";

const PATH = "/p/:owner/:project/contexts";
const ONE = `${PATH}/:contextId`;
const WRITE = "lines:write";

/** `/p/{owner}/{project}/contexts`, `/contexts/{context}`, `/contexts/{context}/sources/{source}`, and the forms on them. */
export function createContextPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(`${PATH}/*`, bodyLimit(DOCUMENT_FORM_MAX_BYTES));

  app.get(PATH, async (c) => {
    const opened = await openLibrary(c);
    return opened instanceof Response ? opened : await list(c, opened, nowMs());
  });

  app.post(PATH, async (c) => {
    const opened = await openLibrary(c, WRITE);
    if (opened instanceof Response) return opened;
    const { id, ...fields } = await c.req.parseBody();
    const form = contextInput.extend({ id: libraryName }).safeParse({ ...fields, id });
    if (!form.success) return await list(c, opened, nowMs(), formFault(form.error), 400);
    const { at, library, by } = opened;
    const { id: contextId, ...context } = form.data;
    const put = await library.putContext({ contextId, ...context, by });
    if (!put.ok) {
      const { status, body } = toolRefusal(put.error);
      return await list(c, opened, nowMs(), body.error.message, status);
    }
    return c.redirect(libraryPath(at, "contexts", contextId), 303);
  });

  app.get(ONE, async (c) => {
    const opened = await openLibrary(c);
    return opened instanceof Response ? opened : await one(c, opened, nowMs());
  });

  app.post(`${ONE}/sources`, async (c) => {
    const opened = await openLibrary(c, WRITE);
    if (opened instanceof Response) return opened;
    const { id, title, text } = await c.req.parseBody();
    const form = sourceInput.extend({ id: libraryName }).safeParse({ id, title, text: plainLines(text) });
    if (!form.success) return await one(c, opened, nowMs(), formFault(form.error), 400);
    const { at, library, by } = opened;
    const { id: sourceId, ...source } = form.data;
    const contextId = c.req.param("contextId");
    const put = await library.putSource({ contextId, sourceId, ...source, by });
    if (put.ok) return c.redirect(libraryPath(at, "contexts", contextId, "sources", sourceId), 303);
    const { status, body } = toolRefusal(put.error);
    return status === 404
      ? await noSuch(c, put.error)
      : await one(c, opened, nowMs(), body.error.message, status);
  });

  app.post(`${ONE}/attach`, async (c) => {
    const opened = await openLibrary(c, WRITE);
    if (opened instanceof Response) return opened;
    const { detach, ...fields } = await c.req.parseBody();
    const { at, library, by } = opened;
    const contextId = c.req.param("contextId");
    const known = await library.readContext(contextId);
    if (!known.ok) return await noSuch(c, known.error);
    const written = Object.entries(fields).filter(([, value]) => value !== "");
    const form = attachment.safeParse(Object.fromEntries(written));
    if (!form.success) return await one(c, opened, nowMs(), formFault(form.error), 400);
    const to = detach === undefined ? [...known.value.attachments, form.data] : [];
    const put = await library.attachContext({ contextId, to, by });
    if (put.ok) return c.redirect(libraryPath(at, "contexts", contextId), 303);
    const { status, body } = toolRefusal(put.error);
    return await one(c, opened, nowMs(), body.error.message, status);
  });

  app.post(`${ONE}/delete`, async (c) => {
    const opened = await openLibrary(c, WRITE);
    if (opened instanceof Response) return opened;
    const { at, library, by } = opened;
    const gone = await library.deleteContext({ contextId: c.req.param("contextId"), by });
    return gone.ok ? c.redirect(libraryPath(at, "contexts"), 303) : await noSuch(c, gone.error);
  });

  app.get(`${ONE}/sources/:sourceId`, async (c) => {
    const opened = await openLibrary(c);
    if (opened instanceof Response) return opened;
    const found = await opened.library.readSource({ ...c.req.param(), revision: null });
    if (!found.ok) return await noSuch(c, found.error);
    return page(
      c,
      SourcePage({ view: { at: opened.at, source: found.value, nowMs: nowMs(), fault: null } }),
    );
  });

  app.post(`${ONE}/sources/:sourceId/delete`, async (c) => {
    const opened = await openLibrary(c, WRITE);
    if (opened instanceof Response) return opened;
    const { at, library, by } = opened;
    const { contextId, sourceId } = c.req.param();
    const gone = await library.deleteSource({ contextId, sourceId, by });
    return gone.ok ? c.redirect(libraryPath(at, "contexts", contextId), 303) : await noSuch(c, gone.error);
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
  const query = (c.req.query("q") ?? "").trim().slice(0, TOOL_QUERY_MAX_CHARS);
  const wanted = { query, contextId: null, sourceId: null, limit: TOOL_ITEMS_MAX };
  const [contexts, found] = await Promise.all([
    library.listContexts(),
    query === "" ? [] : library.searchContext(null, wanted),
  ]);
  return await page(c, ContextsPage({ view: { at, contexts, query, found, nowMs, fault } }), status);
}

async function one(
  c: Context<AppEnv>,
  { at, library }: OpenedLibrary,
  nowMs: number,
  fault: string | null = null,
  status = 200,
): Promise<Response> {
  const context = await library.readContext(c.req.param("contextId") ?? "");
  if (!context.ok) return await noSuch(c, context.error);
  return await page(c, ContextPage({ view: { at, context: context.value, nowMs, fault } }), status);
}
