/** The forms that make lines and their next versions: write, edit, import. */
import { type Context, Hono } from "hono";
import { JSON_BODY_MAX_BYTES } from "../../protocol/limits.ts";
import type { LineInput } from "../../protocol/line/line.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AppEnv } from "../app_env.ts";
import { queueRefusal } from "../errors.ts";
import { FORM_MAX_BYTES } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { LineEditPage, type LineEditView } from "../pages/line_edit.tsx";
import { linePath } from "../pages/line_parts.tsx";
import { textOfLine } from "../pages/line_text.ts";
import { readImport } from "./line_import.ts";
import { linePage, linesPage } from "./line_page_answer.ts";
import { readDefinition, readUpload } from "./line_text_input.ts";
import { type OpenedProject, openProject, refusedPage } from "./opened_project.ts";
import { page } from "./page_response.ts";

const SCOPE = "lines:write";

/** What a new line begins as. */
const FIRST_TEXT = textOfLine({
  name: "A line",
  stations: [
    {
      id: "work",
      name: "Work",
      trigger: { type: "dispatch_worker", promptTemplate: "{{ task.description }}\n" },
    },
    {
      id: "deliver",
      name: "Deliver",
      trigger: { type: "dispatch_worker", promptTemplate: "Deliver the work.\n" },
    },
  ],
  gates: [{ id: "review", name: "Review", description: "Does the change do what the card asks?" }],
  transitionRules: [{
    fromStationId: "work",
    toStationId: "deliver",
    condition: "success",
    gateId: "review",
  }],
} as unknown as LineInput);

/** `/p/{owner}/{project}/lines/new`, `/import`, and `/{line}/edit`. Mount before the pages of lines. */
export function createLineFormRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const lines = "/p/:owner/:project/lines";
  const limit = bodyLimit(JSON_BODY_MAX_BYTES + FORM_MAX_BYTES);

  app.get(`${lines}/new`, async (c) => {
    const opened = await openProject(c, SCOPE);
    if (opened instanceof Response) return opened;
    return editPage(c, { at: opened.at, lineId: null, name: "", text: FIRST_TEXT, version: 0 });
  });
  app.post(`${lines}/new`, limit, async (c) => {
    const opened = await openProject(c, SCOPE);
    return opened instanceof Response ? opened : save(c, opened, { lineId: null, name: "" });
  });

  app.post(`${lines}/import`, limit, async (c) => {
    const opened = await openProject(c, SCOPE);
    if (opened instanceof Response) return opened;
    const form = await c.req.parseBody();
    const [gitUrl, ref] = [textField(form["gitUrl"]).trim(), textField(form["ref"]).trim()];
    // Who may not make lines may not make us ask other servers either.
    const allowed = await opened.queue.authorizeImport(c.var.caller);
    if (!allowed.ok) return refusedPage(c, allowed.error);
    const read = await readForm(c, form["file"], gitUrl, ref);
    if (!read.ok) return linesPage(c, opened, nowMs(), { fault: read.error, gitUrl, ref });
    const line = await opened.queue.putLine(c.var.caller, { lineId: null, ...read.value });
    if (!line.ok) return refusedPage(c, line.error);
    const leftAside = line.value.warnings.filter((warning) => read.value.warnings.includes(warning));
    if (leftAside.length === 0) return c.redirect(linePath(opened.at, line.value.id), 303);
    const view = { ...line.value, warnings: line.value.warnings.filter((w) => !leftAside.includes(w)) };
    return linePage(c, opened, view, nowMs(), { notices: leftAside, status: 201 });
  });

  app.get(`${lines}/:lineId/edit`, async (c) => {
    const opened = await openProject(c, SCOPE);
    if (opened instanceof Response) return opened;
    const line = await opened.queue.readLine(c.var.caller, c.req.param("lineId"));
    if (!line.ok) return refusedPage(c, line.error);
    const { id, definition, version } = line.value;
    const text = textOfLine(definition);
    return editPage(c, { at: opened.at, lineId: id, name: definition.name, text, version });
  });
  app.post(`${lines}/:lineId/edit`, limit, async (c) => {
    const opened = await openProject(c, SCOPE);
    if (opened instanceof Response) return opened;
    const line = await opened.queue.readLine(c.var.caller, c.req.param("lineId"));
    if (!line.ok) return refusedPage(c, line.error);
    return save(c, opened, { lineId: line.value.id, name: line.value.definition.name });
  });
  return app;
}

type EditBeginning = Omit<LineEditView, "faults" | "savedMeanwhile">;

function editPage(
  c: Context<AppEnv>,
  view: EditBeginning & Partial<Pick<LineEditView, "faults" | "savedMeanwhile">>,
  status = 200,
): Promise<Response> {
  return page(c, LineEditPage({ view: { faults: [], savedMeanwhile: null, ...view } }), status);
}

/** Saves what the form has, if its version is still the newest; else the form again, with what is wrong. */
async function save(
  c: Context<AppEnv>,
  { at, queue }: OpenedProject,
  { lineId, name }: Pick<LineEditView, "lineId" | "name">,
): Promise<Response> {
  const form = await c.req.parseBody();
  const text = textField(form["definition"]).replaceAll("\r\n", "\n");
  const version = Number(textField(form["version"]));
  const view = { at, lineId, name, text, version: Number.isSafeInteger(version) ? version : 0 };
  const read = readDefinition(text);
  if (!read.ok) return editPage(c, { ...view, faults: read.error }, 400);
  const line = await queue.putLine(c.var.caller, { lineId, line: read.value, expectedVersion: view.version });
  if (line.ok) return c.redirect(linePath(at, line.value.id), 303);
  if (line.error.reason === "line_changed" && lineId !== null) {
    return editPage(c, { ...view, savedMeanwhile: line.error.version }, 409);
  }
  if (line.error.reason === "line_changed" || line.error.reason === "line_id_mismatch") {
    const { message } = queueRefusal(line.error).body.error;
    return editPage(c, { ...view, faults: [{ lineNumber: null, path: "id", message, excerpt: null }] }, 409);
  }
  return refusedPage(c, line.error);
}

interface Read {
  readonly line: LineInput;
  readonly warnings: readonly string[];
}

async function readForm(
  c: Context<AppEnv>,
  file: unknown,
  gitUrl: string,
  ref: string,
): Promise<Result<Read, string>> {
  if (!(file instanceof File)) {
    if (gitUrl === "") return err("Cannot import a line as the form must have an address or a file");
    return said(await readImport(c.env, { gitUrl, ref: ref === "" ? undefined : ref }));
  }
  const upload = readUpload(new Uint8Array(await file.arrayBuffer()));
  if (!upload.ok) return upload;
  if (upload.value.kind === "definition") return ok({ line: upload.value.line, warnings: [] });
  return said(await readImport(c.env, { files: upload.value.files }));
}

function said(read: Awaited<ReturnType<typeof readImport>>): Result<Read, string> {
  return read.ok ? read : err(read.error.body.error.message);
}

function textField(value: unknown): string {
  return typeof value === "string" ? value : "";
}
