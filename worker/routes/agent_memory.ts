/**
 * What agents of a project remember between machines: the configuration folder of their CLI as one zip, which the
 * reference's runner fetches before a job and puts back behind it (Line 4.2). One object in R2; the last one counts,
 * unless whoever puts it says with `If-Match` which one it goes on from.
 */
import { Hono } from "hono";
import { z } from "zod";
import type { AppEnv } from "../app_env.ts";
import { isZip } from "../domain/zip.ts";
import { refusal, refusalResponse } from "../errors.ts";
import { AGENT_MEMORY_MAX_BYTES } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { answer } from "./answer.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const PATH = `${PROJECT_PATH}/claude-config-archive`;

export function createAgentMemoryRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get(PATH, async (c) => {
    const allowed = await c.var.queue.authorizeMemory(c.var.caller, "read");
    if (!allowed.ok) return answer(allowed);
    const { owner, project } = c.var.at;
    const stored = await c.env.BLOBS.get(`agent_memory/${owner}/${project}.zip`);
    if (stored === null) {
      return refusalResponse(refusal(404, "archive_not_found", "Cannot find archive: nobody has put one"));
    }
    return new Response(stored.body, {
      headers: {
        "content-type": "application/zip",
        "content-length": String(stored.size),
        "content-disposition": "attachment",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        etag: stored.httpEtag,
      },
    });
  });
  app.put(PATH, bodyLimit(AGENT_MEMORY_MAX_BYTES), async (c) => {
    const allowed = await c.var.queue.authorizeMemory(c.var.caller, "write");
    if (!allowed.ok) return answer(allowed);
    const bytes = await c.req.arrayBuffer();
    if (!isZip(new Uint8Array(bytes))) {
      const message = "Cannot keep archive as it must be a zip: expected it to begin with 'PK'";
      return refusalResponse(refusal(400, "not_a_zip", message));
    }
    const { owner, project } = c.var.at;
    const match = /^"([^"]+)"$/.exec(c.req.header("if-match") ?? "")?.[1];
    const stored = await c.env.BLOBS.put(`agent_memory/${owner}/${project}.zip`, bytes, {
      ...(match === undefined ? {} : { onlyIf: { etagMatches: match } }),
    });
    if (stored === null) {
      const message = "Cannot keep archive as If-Match must name the one that is kept: it is another by now";
      return refusalResponse(refusal(412, "archive_changed", message));
    }
    c.header("etag", stored.httpEtag);
    return c.json({ ok: true });
  });
  return app;
}

const MEMORY = { tag: "Artifacts", paths: [PATH], tokens: ["runner", "user"] } as const;
const ZIP = { contentType: "application/zip", description: "At most 50 MB." };

export const AGENT_MEMORY_OPERATIONS: readonly Operation[] = [
  {
    ...MEMORY,
    method: "get",
    summary: "What agents of the project remember between machines",
    scope: "tasks:read",
    answers: { 200: ZIP },
    refusals: ["404 archive_not_found"],
  },
  {
    ...MEMORY,
    method: "put",
    summary: "Keep what agents of the project remember",
    description: "With `If-Match` only in place of that one. Runners of a project trust each other with it.",
    scope: "runners:write",
    body: ZIP,
    answers: { 200: z.object({ ok: z.literal(true) }) },
    refusals: ["400 not_a_zip", "412 archive_changed", "413 body_too_large"],
  },
];
