/** Lines: put, import, export, read, list, delete (Line 2.1, Line 3: CRUD is ours to place). */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { lineImport, lineInput, lineVersionsQuery } from "../../protocol/line/line.ts";
import { filesOfLine, importLine } from "../../protocol/line/on_disk.ts";
import { isName } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AppEnv } from "../app_env.ts";
import type { LineVersionView, LineView } from "../domain/job_queue_api.ts";
import { invalidInput, refusal, refusalResponse } from "../errors.ts";
import { allowedHosts } from "../import/import_url.ts";
import { fetchLineFolder } from "../import/line_repository.ts";
import { IMPORT_TIMEOUT_MS } from "../limits.ts";
import { answer } from "./answer.ts";
import { folderRefusal, importRefusal } from "./import_refusal.ts";
import { readBody, readQuery } from "./input.ts";
import { tarOf } from "./ustar.ts";
import { lineAnswer, lineExport, lineVersionPageAnswer } from "../../protocol/line/answers.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const exportQuery = z.object({ format: z.enum(["json", "tar"]).default("json") });

/** A line as the wire has it: the definition's fields beside id, owner and project. */
function lineBody(view: LineView) {
  const { definition, createdAtMs, version, warnings, ...place } = view;
  return { ...definition, ...place, revision: version, createdAt: createdAtMs, warnings };
}

function versionBody({ version, createdAtMs, ...rest }: LineVersionView) {
  return { ...rest, revision: version, createdAt: createdAtMs };
}

/** The files of an import's body, wherever they are; `warnings` is what was left aside on the way. */
async function filesOf(
  c: Context<AppEnv>,
  body: z.infer<typeof lineImport>,
): Promise<
  Result<{ readonly files: ReadonlyMap<string, string>; readonly warnings: readonly string[] }, Response>
> {
  if (body.files !== undefined) return ok({ files: new Map(Object.entries(body.files)), warnings: [] });
  const fetched = await fetchLineFolder(body.gitUrl!, body.ref ?? null, {
    allowedHosts: allowedHosts(c.env.SHOPFLOOR_IMPORT_HOSTS),
    fetch: (url, init) => fetch(url, init),
    signal: AbortSignal.timeout(IMPORT_TIMEOUT_MS),
  });
  return fetched.ok ? fetched : err(refusalResponse(importRefusal(fetched.error)));
}

export function createLineRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const path = "/api/owners/:owner/projects/:project/assembly-lines";

  app.get(path, async (c) => {
    const lines = await c.var.queue.listLines(c.var.caller);
    return lines.ok ? c.json({ lines: lines.value.map(lineBody) }) : answer(lines);
  });
  app.post(path, async (c) => {
    const body = await readBody(c, lineInput);
    if (!body.ok) return body.error;
    const input = { lineId: null, line: body.value };
    const line = await c.var.queue.putLine(c.var.caller, input);
    return line.ok ? c.json(lineBody(line.value), 201) : answer(line);
  });
  app.post(`${path}/import`, async (c) => {
    const body = await readBody(c, lineImport);
    if (!body.ok) return body.error;
    // Who may not make lines may not make us ask other servers either.
    const allowed = await c.var.queue.authorizeImport(c.var.caller);
    if (!allowed.ok) return answer(allowed);
    if (allowed.value.known !== null) return c.json(lineBody(allowed.value.known), 201);
    const folder = await filesOf(c, body.value);
    if (!folder.ok) return folder.error;
    const imported = importLine(folder.value.files);
    if (!imported.ok) return refusalResponse(folderRefusal(imported.error));
    const parsed = lineInput.safeParse(imported.value.line);
    if (!parsed.success) return refusalResponse(invalidInput(parsed.error, "body", imported.value.line));
    const warnings = [...folder.value.warnings, ...imported.value.warnings];
    const line = await c.var.queue.putLine(c.var.caller, { lineId: null, line: parsed.data, warnings });
    return line.ok ? c.json(lineBody(line.value), 201) : answer(line);
  });
  app.get(`${path}/:lineId/versions`, async (c) => {
    const query = readQuery(c, lineVersionsQuery);
    if (!query.ok) return query.error;
    const input = { ...query.value, lineId: c.req.param("lineId") };
    const page = await c.var.queue.listLineVersions(c.var.caller, input);
    if (!page.ok) return answer(page);
    const { versions, nextCursor } = page.value;
    return c.json({ versions: versions.map(versionBody), nextCursor });
  });
  app.get(`${path}/:lineId/versions/:version`, async (c) => {
    const line = await c.var.queue.readLineVersion(c.var.caller, c.req.param());
    return line.ok ? c.json(lineBody(line.value)) : answer(line);
  });
  app.get(`${path}/:lineId/export`, async (c) => {
    const query = readQuery(c, exportQuery);
    if (!query.ok) return query.error;
    const lineId = c.req.param("lineId");
    const line = await c.var.queue.readLine(c.var.caller, lineId);
    if (!line.ok) return answer(line);
    const files = filesOfLine(line.value.definition);
    if (query.value.format === "json") return c.json({ files: Object.fromEntries(files) });
    return c.body(tarOf(files), 200, {
      "content-type": "application/x-tar",
      "content-disposition": `attachment; filename="${lineId}.tar"`,
    });
  });
  app.put(`${path}/:lineId`, async (c) => {
    const lineId = c.req.param("lineId");
    if (!isName(lineId)) {
      return refusalResponse(
        refusal(
          400,
          "invalid_line_id",
          `Cannot put line as its id must be 1 to 100 letters, digits, '.', '_' or '-', starting with a letter or digit: current value is '${
            lineId.slice(0, 100)
          }'`,
        ),
      );
    }
    const body = await readBody(c, lineInput);
    if (!body.ok) return body.error;
    const line = await c.var.queue.putLine(c.var.caller, {
      lineId,
      line: body.value,
    });
    return line.ok ? c.json(lineBody(line.value)) : answer(line);
  });
  app.get(`${path}/:lineId`, async (c) => {
    const line = await c.var.queue.readLine(
      c.var.caller,
      c.req.param("lineId"),
    );
    return line.ok ? c.json(lineBody(line.value)) : answer(line);
  });
  app.delete(`${path}/:lineId`, async (c) => {
    const gone = await c.var.queue.deleteLine(
      c.var.caller,
      c.req.param("lineId"),
    );
    return gone.ok ? c.body(null, 204) : answer(gone);
  });
  return app;
}

const LINES = `${PROJECT_PATH}/assembly-lines`;
const READ = { tag: "Lines", method: "get", tokens: ["user", "runner"], scope: "tasks:read" } as const;
const WRITE = { tag: "Lines", tokens: ["user"], scope: "lines:write" } as const;
const UNKNOWN_LINE = ["404 line_not_found"];

export const LINE_OPERATIONS: readonly Operation[] = [
  {
    ...READ,
    paths: [LINES],
    summary: "List lines",
    answers: { 200: z.object({ lines: z.array(lineAnswer) }) },
  },
  {
    ...WRITE,
    paths: [LINES],
    method: "post",
    summary: "Put a line",
    description: "With an `id` in the body it is that line's next version; without one, a new line.",
    body: lineInput,
    answers: { 201: lineAnswer },
    refusals: ["400 line_id_mismatch"],
  },
  {
    ...WRITE,
    paths: [`${LINES}/import`],
    method: "post",
    summary: "Import a line from its `.agentics/` folder",
    description:
      "By its files, or from a public repository over HTTPS. Always a new line; `warnings` says what was left aside.",
    body: lineImport,
    answers: { 201: lineAnswer },
    refusals: [
      "400 import_file_missing",
      "400 import_not_json",
      "400 import_not_an_object",
      "400 import_url_invalid",
      "400 import_no_line",
      "403 import_host_not_allowed",
      "404 import_ref_not_found",
      "413 import_too_large",
      "502 import_failed",
    ],
  },
  {
    ...WRITE,
    paths: [`${LINES}/:lineId`],
    method: "put",
    summary: "Put a line's first or next version",
    body: lineInput,
    answers: { 200: lineAnswer },
    refusals: ["400 invalid_line_id", "400 line_id_mismatch"],
  },
  {
    ...READ,
    paths: [`${LINES}/:lineId`],
    summary: "Read a line's newest version",
    answers: { 200: lineAnswer },
    refusals: UNKNOWN_LINE,
  },
  {
    ...WRITE,
    paths: [`${LINES}/:lineId`],
    method: "delete",
    summary: "Delete a line",
    description: "It takes no new tasks; those on it go on.",
    answers: { 204: null },
    refusals: UNKNOWN_LINE,
  },
  {
    ...READ,
    paths: [`${LINES}/:lineId/versions`],
    summary: "List a line's versions, newest first, without their definitions",
    query: lineVersionsQuery,
    answers: { 200: lineVersionPageAnswer },
    refusals: UNKNOWN_LINE,
  },
  {
    ...READ,
    paths: [`${LINES}/:lineId/versions/:version`],
    summary: "Read one version of a line",
    answers: { 200: lineAnswer },
    refusals: [...UNKNOWN_LINE, "404 line_version_not_found"],
  },
  {
    ...READ,
    paths: [`${LINES}/:lineId/export`],
    summary: "Export a line as its `.agentics/` folder",
    description: "As JSON, which an import takes, or with `format=tar` as an archive.",
    query: exportQuery,
    answers: { 200: lineExport },
    refusals: UNKNOWN_LINE,
  },
];
