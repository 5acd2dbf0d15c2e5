/** The page of a project's memory, and its forms. */
import { type Context, Hono } from "hono";
import { memoryInput } from "../../protocol/agent/library.ts";
import type { AppEnv } from "../app_env.ts";
import { PAGE_DEFAULT } from "../../protocol/limits.ts";
import { FORM_MAX_BYTES } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { libraryPath } from "../pages/library_parts.tsx";
import { MemoryPage } from "../pages/memory.tsx";
import { plainLines } from "./input.ts";
import { formFault, noSuch, type OpenedLibrary, openLibrary } from "./opened_library.ts";
import { page } from "./page_response.ts";
import { toolRefusal } from "./tool_refusal.ts";

const PATH = "/p/:owner/:project/memory";
const CURSOR_MAX_CHARS = 100;

/** `GET /p/{owner}/{project}/memory`; `POST` notes something, `POST .../{memory}/forget` forgets it. */
export function createMemoryPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(`${PATH}/*`, bodyLimit(FORM_MAX_BYTES));

  app.get(PATH, async (c) => {
    const opened = await openLibrary(c);
    return opened instanceof Response ? opened : await show(c, opened, nowMs());
  });

  app.post(PATH, async (c) => {
    const opened = await openLibrary(c, "lines:write");
    if (opened instanceof Response) return opened;
    const { content, ...fields } = await c.req.parseBody();
    const form = memoryInput.safeParse({ ...fields, content: plainLines(content) });
    if (!form.success) return await show(c, opened, nowMs(), formFault(form.error), 400);
    const made = await opened.library.addMemory({ ...form.data, by: opened.by });
    if (made.ok) return c.redirect(libraryPath(opened.at, "memory"), 303);
    const { status, body } = toolRefusal(made.error);
    return await show(c, opened, nowMs(), body.error.message, status);
  });

  app.post(`${PATH}/:memoryId/forget`, async (c) => {
    const opened = await openLibrary(c, "lines:write");
    if (opened instanceof Response) return opened;
    const { at, library, by } = opened;
    const gone = await library.deleteMemory({ id: c.req.param("memoryId"), by });
    return gone.ok ? c.redirect(libraryPath(at, "memory"), 303) : await noSuch(c, gone.error);
  });
  return app;
}

async function show(
  c: Context<AppEnv>,
  { at, library }: OpenedLibrary,
  nowMs: number,
  fault: string | null = null,
  status = 200,
): Promise<Response> {
  const cursor = c.req.query("cursor") ?? null;
  const wanted = cursor !== null && cursor.length > CURSOR_MAX_CHARS ? null : cursor;
  const list = await library.listMemories({ namespace: null, limit: PAGE_DEFAULT, cursor: wanted });
  return await page(c, MemoryPage({ view: { at, nowMs, fault, ...list } }), status);
}
