/** The pages that show lines; those that change them are in `line_form_pages.ts`. */
import { Hono } from "hono";
import { filesOfLine } from "../../protocol/line/on_disk.ts";
import type { AppEnv } from "../app_env.ts";
import type { LineView } from "../domain/job_queue_api.ts";
import type { FileChange } from "../domain/task_repository_api.ts";
import { makeFilePatch } from "../git/unified_diff.ts";
import { DIFF_EDITS_MAX, LIST_PAGE_DEFAULT } from "../limits.ts";
import { LineDiffPage, LineVersionsPage } from "../pages/line_versions.tsx";
import { linePage, linesPage } from "./line_page_answer.ts";
import { openProject, refusedPage } from "./opened_project.ts";
import { missing, page } from "./page_response.ts";

const VERSION = /^[1-9]\d{0,14}$/;

/** `/p/{owner}/{project}/lines`, and below it `{line}`, its `versions` and a `diff` of two. */
export function createLinePageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const lines = "/p/:owner/:project/lines";

  app.get(lines, async (c) => {
    const opened = await openProject(c);
    return opened instanceof Response ? opened : linesPage(c, opened, nowMs());
  });

  app.get(`${lines}/:lineId`, async (c) => {
    const opened = await openProject(c);
    if (opened instanceof Response) return opened;
    const line = await opened.queue.readLine(c.var.caller, c.req.param("lineId"));
    return line.ok ? linePage(c, opened, line.value, nowMs()) : refusedPage(c, line.error);
  });

  // The page's address in the reference, which its command line prints and workflows name as their audience (Line 4.1).
  app.get("/p/:owner/:project/assembly-lines/:lineId", (c) => {
    const { owner, project, lineId } = c.req.param();
    const place = [owner, project, "lines", lineId].map(encodeURIComponent).join("/");
    return c.redirect(`/p/${place}`, 302);
  });

  app.get(`${lines}/:lineId/versions`, async (c) => {
    const opened = await openProject(c);
    if (opened instanceof Response) return opened;
    const lineId = c.req.param("lineId");
    const cursor = c.req.query("cursor");
    if (cursor !== undefined && !VERSION.test(cursor)) {
      return missing(c, "There is no such page of versions.");
    }
    const [line, versions] = await Promise.all([
      opened.queue.readLine(c.var.caller, lineId),
      opened.queue.listLineVersions(c.var.caller, { lineId, limit: LIST_PAGE_DEFAULT, cursor }),
    ]);
    if (!line.ok) return refusedPage(c, line.error);
    if (!versions.ok) return refusedPage(c, versions.error);
    const view = {
      at: opened.at,
      nowMs: nowMs(),
      lineId,
      name: line.value.definition.name,
      ...versions.value,
    };
    return page(c, LineVersionsPage({ view }));
  });

  app.get(`${lines}/:lineId/versions/:version`, async (c) => {
    const opened = await openProject(c);
    if (opened instanceof Response) return opened;
    const { lineId, version } = c.req.param();
    const [newest, line] = await Promise.all([
      opened.queue.readLine(c.var.caller, lineId),
      opened.queue.readLineVersion(c.var.caller, { lineId, version }),
    ]);
    if (!newest.ok) return refusedPage(c, newest.error);
    if (!line.ok) return refusedPage(c, line.error);
    const isNewest = newest.value.version === line.value.version;
    return linePage(c, opened, line.value, nowMs(), { isNewest });
  });

  app.get(`${lines}/:lineId/diff`, async (c) => {
    const opened = await openProject(c);
    if (opened instanceof Response) return opened;
    const lineId = c.req.param("lineId");
    const [from, to] = [c.req.query("from") ?? "", c.req.query("to") ?? ""];
    if (!VERSION.test(from) || !VERSION.test(to)) return missing(c, "There is no such version of this line.");
    const read = (version: string) => opened.queue.readLineVersion(c.var.caller, { lineId, version });
    const [before, after] = await Promise.all([read(from), read(to)]);
    if (!before.ok) return refusedPage(c, before.error);
    if (!after.ok) return refusedPage(c, after.error);
    const changes = changesOf(before.value, after.value);
    const { name } = after.value.definition;
    const view = { at: opened.at, lineId, name, from: Number(from), to: Number(to), changes };
    return page(c, LineDiffPage({ view }));
  });
  return app;
}

/** File by file of the folder that each version is on disk: there a prompt is text, in JSON it is one long line. */
function changesOf(before: LineView, after: LineView): FileChange[] {
  const [old, now] = [filesOfLine(before.definition), filesOfLine(after.definition)];
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  const encoder = new TextEncoder();
  return paths.filter((path) => old.get(path) !== now.get(path)).map((path): FileChange => {
    const [from, to] = [old.get(path), now.get(path)].map((text) =>
      text === undefined ? null : encoder.encode(text)
    );
    const kind = from === null ? "added" : to === null ? "deleted" : "modified";
    return { path, kind, ...makeFilePatch(path, from ?? null, to ?? null, DIFF_EDITS_MAX), omitted: null };
  });
}
