/** Lines: put, import, export, read, list, delete (Line 2.1, Line 3: CRUD is ours to place). */
import { Hono } from "hono";
import { z } from "zod";
import { lineImport, lineInput, lineVersionsQuery } from "../../protocol/line/line.ts";
import { filesOfLine } from "../../protocol/line/on_disk.ts";
import { isName } from "../../protocol/ids.ts";
import type { AppEnv } from "../app_env.ts";
import type { LineVersionView } from "../domain/job_queue_api.ts";
import { lineWire } from "../domain/line_wire.ts";
import { refusal, refusalResponse } from "../errors.ts";
import { answer, answerJson } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { readImport } from "./line_import.ts";
import { tarOf } from "./ustar.ts";
import { lineAnswer, lineExport, lineVersionPageAnswer } from "../../protocol/line/answers.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const putQuery = z.object({
  expectedRevision: z.coerce.number().int().nonnegative().optional().meta({
    description: "Only if this is its newest revision, 0 for none.",
  }),
});
const exportQuery = z.object({ format: z.enum(["json", "tar"]).default("json") });

function versionBody({ version, createdAtMs, ...rest }: LineVersionView) {
  return { ...rest, revision: version, createdAt: createdAtMs };
}

export function createLineRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const path = "/api/owners/:owner/projects/:project/assembly-lines";

  app.get(path, async (c) => {
    const lines = await c.var.queue.listLines(c.var.caller);
    return lines.ok ? c.json({ lines: lines.value.map(lineWire) }) : answer(lines);
  });
  app.post(path, async (c) => {
    const body = await readBody(c, lineInput);
    if (!body.ok) return body.error;
    const input = { lineId: null, line: body.value };
    const line = await c.var.queue.putLine(c.var.caller, input);
    return line.ok ? c.json(lineWire(line.value), 201) : answer(line);
  });
  app.post(`${path}/import`, async (c) => {
    const body = await readBody(c, lineImport);
    if (!body.ok) return body.error;
    // Who may not make lines may not make us ask other servers either.
    const allowed = await c.var.queue.authorizeImport(c.var.caller);
    if (!allowed.ok) return answer(allowed);
    if (allowed.value.known !== null) return c.json(lineWire(allowed.value.known), 201);
    const imported = await readImport(c.env, body.value);
    if (!imported.ok) return refusalResponse(imported.error);
    const line = await c.var.queue.putLine(c.var.caller, { lineId: null, ...imported.value });
    return line.ok ? c.json(lineWire(line.value), 201) : answer(line);
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
    return line.ok ? c.json(lineWire(line.value)) : answer(line);
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
    const query = readQuery(c, putQuery);
    if (!query.ok) return query.error;
    const body = await readBody(c, lineInput);
    if (!body.ok) return body.error;
    const line = await c.var.queue.putLine(c.var.caller, {
      lineId,
      line: body.value,
      expectedVersion: query.value.expectedRevision,
    });
    return line.ok ? c.json(lineWire(line.value)) : answer(line);
  });
  app.get(`${path}/:lineId`, async (c) => {
    return answerJson(await c.get("queue").readLineJson(c.get("caller"), c.req.param("lineId")));
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
    query: putQuery,
    body: lineInput,
    answers: { 200: lineAnswer },
    refusals: ["400 invalid_line_id", "400 line_id_mismatch", "409 line_changed"],
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
