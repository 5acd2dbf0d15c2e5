/** Lines: put, import, read, list, delete (Line 2.1, Line 3: CRUD is ours to place). */
import { Hono } from "hono";
import { lineInput } from "../../protocol/line/line.ts";
import { isName } from "../../protocol/ids.ts";
import type { AppEnv } from "../app_env.ts";
import type { LineView } from "../domain/job_queue_api.ts";
import { refusal, refusalResponse } from "../errors.ts";
import { answer } from "./answer.ts";
import { readBody } from "./input.ts";

/** A line as the wire has it: the definition's fields beside id, owner and project. */
function lineBody(view: LineView) {
  const { definition, createdAtMs, version, warnings, ...place } = view;
  return { ...definition, ...place, revision: version, createdAt: createdAtMs, warnings };
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
