/** Files of live sessions: the workspace at its end, pictures and recordings (Line 4.3). They go with their session. */
import { type Context, Hono } from "hono";
import { isUlid, ulid } from "../../protocol/ids.ts";
import { mediaAnswer, mediaQuery, sessionTaken } from "../../protocol/line/live.ts";
import type { AppEnv } from "../app_env.ts";
import { isZip } from "../domain/zip.ts";
import { refusal, refusalResponse } from "../errors.ts";
import { MEDIA_MAX_BYTES, WORKSPACE_ARCHIVE_MAX_BYTES } from "../limits.ts";
import { bodyLimit } from "../middleware/body_limit.ts";
import { baseUrlOf, readQuery } from "./input.ts";
import { openSession, sessionIdOf } from "./live_place.ts";
import type { Operation } from "./operation.ts";

const SESSION = "/api/lives/sessions/:sessionId";
const ARCHIVE = `${SESSION}/workspace-archive`;
const MEDIA = `${SESSION}/media/:mediaId`;
const UPLOAD = "/api/lives/media/upload";

export function createLiveFileRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.put(ARCHIVE, bodyLimit(WORKSPACE_ARCHIVE_MAX_BYTES), async (c) => {
    const opened = await openSession(c, c.req.param("sessionId"), true);
    if (!opened.ok) return opened.error;
    const bytes = await c.req.arrayBuffer();
    if (!isZip(new Uint8Array(bytes))) {
      const message = "Cannot keep workspace as it must be a zip: expected it to begin with 'PK'";
      return refusalResponse(refusal(400, "not_a_zip", message));
    }
    await c.env.BLOBS.put(`lives/${opened.value.sessionId}/workspace.zip`, bytes);
    return c.json({ ok: true });
  });
  app.get(ARCHIVE, (c) => send(c, "workspace.zip", "application/zip"));
  app.post(UPLOAD, bodyLimit(MEDIA_MAX_BYTES), async (c) => {
    const query = readQuery(c, mediaQuery);
    if (!query.ok) return query.error;
    const named = sessionIdOf(query.value);
    if (!named.ok) return named.error;
    const opened = await openSession(c, named.value, true);
    if (!opened.ok) return opened.error;
    const { mimeType, fileName } = query.value;
    const mediaId = ulid<string>(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
    const place = `lives/${opened.value.sessionId}/media/${mediaId}`;
    await c.env.BLOBS.put(place, await c.req.arrayBuffer(), { customMetadata: { mimeType, fileName } });
    const path = `/api/lives/sessions/${encodeURIComponent(named.value)}/media/${mediaId}`;
    return c.json({ mediaId, url: baseUrlOf(c) + path, storedName: mediaId });
  });
  app.get(MEDIA, (c) => {
    const mediaId = c.req.param("mediaId");
    return send(c, isUlid(mediaId) ? `media/${mediaId}` : "", "application/octet-stream");
  });
  return app;
}

/** Never as a page of ours: whatever an agent drew is downloaded, and not shown as more than it is. */
async function send(c: Context<AppEnv>, file: string, contentType: string): Promise<Response> {
  const opened = await openSession(c, c.req.param("sessionId") ?? "", true);
  if (!opened.ok) return opened.error;
  const stored = file === "" ? null : await c.env.BLOBS.get(`lives/${opened.value.sessionId}/${file}`);
  if (stored === null) {
    return refusalResponse(refusal(404, "file_not_found", "Cannot find this file of the session"));
  }
  return new Response(stored.body, {
    headers: {
      "content-type": contentType,
      "content-length": String(stored.size),
      "content-disposition": "attachment",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    },
  });
}

const KEPT = {
  tag: "Live sessions of the reference's operator",
  tokens: ["user", "runner", "job"],
  scope: "tasks:write",
} as const;
const UNKNOWN = ["404 session_not_found"];
const MISSING = [...UNKNOWN, "404 file_not_found"];
const ZIP = { contentType: "application/zip", description: "At most 50 MB." };

export const LIVE_FILE_OPERATIONS: readonly Operation[] = [
  {
    ...KEPT,
    method: "put",
    paths: [ARCHIVE],
    summary: "Keep the workspace of a session",
    body: ZIP,
    answers: { 200: sessionTaken },
    refusals: [...UNKNOWN, "400 not_a_zip", "413 body_too_large"],
  },
  {
    ...KEPT,
    method: "get",
    paths: [ARCHIVE],
    summary: "Download the workspace of a session",
    answers: { 200: ZIP },
    refusals: MISSING,
  },
  {
    ...KEPT,
    method: "post",
    paths: [UPLOAD],
    summary: "Keep a picture or a recording",
    query: mediaQuery,
    body: { contentType: "application/octet-stream", description: "At most 20 MB." },
    answers: { 200: mediaAnswer },
    refusals: [...UNKNOWN, "413 body_too_large"],
  },
  {
    ...KEPT,
    method: "get",
    paths: [MEDIA],
    summary: "Download a picture or a recording",
    answers: { 200: { contentType: "application/octet-stream", description: "As it came." } },
    refusals: MISSING,
  },
];
