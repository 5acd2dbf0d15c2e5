/**
 * Files beside a task's card, which its jobs carry as `taskAssets` (Line 2.7). The queue keeps the list, object storage
 * the bytes, by the hash of what is in them: an address that a job was given means the same bytes whatever is put or
 * deleted afterwards.
 */
import { type Context, Hono } from "hono";
import {
  ASSET_TYPE_DEFAULT,
  assetAnswer,
  assetInput,
  assetListAnswer,
  assetQuery,
} from "../../protocol/line/task_asset.ts";
import type { AppEnv } from "../app_env.ts";
import { invalidInput, refusal, refusalResponse } from "../errors.ts";
import { answer } from "./answer.ts";
import { baseUrlOf, readQuery } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const PATH = `${PROJECT_PATH}/tasks/:taskId/assets`;
const ONE = `${PATH}/:name`;

export function createTaskAssetRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get(PATH, async (c) => {
    const input = { taskId: c.req.param("taskId"), baseUrl: baseUrlOf(c) };
    const listed = await c.var.queue.listAssets(c.var.caller, input);
    return listed.ok ? c.json({ assets: listed.value }) : answer(listed);
  });

  app.put(ONE, async (c) => {
    const { taskId } = c.req.param();
    const said = { name: c.req.param("name"), type: c.req.header("content-type") ?? ASSET_TYPE_DEFAULT };
    const input = assetInput.safeParse(said);
    if (!input.success) return refusalResponse(invalidInput(input.error, "path", said));
    const { name, type } = input.data;
    const allowed = await c.var.queue.authorizeAsset(c.var.caller, { taskId, name });
    if (!allowed.ok) return answer(allowed);
    const bytes = await c.req.arrayBuffer();
    const asset = { name, size: bytes.byteLength, sha256: await hashOf(bytes), type };
    // Before the queue tells anybody of it. The same bytes at the same place change nothing.
    await c.env.BLOBS.put(placeOf(c, asset.sha256), bytes, { httpMetadata: { contentType: type } });
    return answer(await c.var.queue.putAsset(c.var.caller, { taskId, asset, baseUrl: baseUrlOf(c) }));
  });

  app.get(ONE, async (c) => {
    const query = readQuery(c, assetQuery);
    if (!query.ok) return query.error;
    const { taskId, name } = c.req.param();
    const found = await c.var.queue.readAsset(c.var.caller, { taskId, name });
    if (!found.ok) return answer(found);
    const current = found.value;
    const sha256 = query.value.sha256 ?? current?.sha256;
    const isCurrent = current !== null && current.sha256 === sha256;
    const stored = sha256 === undefined ? null : await c.env.BLOBS.get(placeOf(c, sha256));
    if (stored !== null) return send(stored, name, isCurrent ? current.type : null, sha256!);
    return refusalResponse(
      isCurrent
        ? refusal(410, "asset_expired", `Cannot send asset '${name}' as its retention is over`)
        : refusal(404, "asset_not_found", `Cannot find asset '${name}' of this task`),
    );
  });

  app.delete(ONE, async (c) => {
    const { taskId, name } = c.req.param();
    const gone = await c.var.queue.deleteAsset(c.var.caller, { taskId, name });
    return gone.ok ? c.body(null, 204) : answer(gone);
  });
  return app;
}

/** Everything of a task is in one folder, which goes as a whole (`objects/log_archive.ts`). */
function placeOf(c: Context<AppEnv>, sha256: string): string {
  const { owner, project } = c.var.at;
  return `task_assets/${owner}/${project}/${c.req.param("taskId")}/${sha256}`;
}

async function hashOf(bytes: ArrayBuffer): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Never as a page of ours: whatever somebody put is downloaded, and not shown as more than it is. */
function send(stored: R2ObjectBody, name: string, type: string | null, sha256: string): Response {
  return new Response(stored.body, {
    headers: {
      "content-type": type ?? stored.httpMetadata?.contentType ?? ASSET_TYPE_DEFAULT,
      "content-length": String(stored.size),
      "content-disposition": `attachment; filename*=UTF-8''${fileName(name)}`,
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
      "cache-control": "private, no-cache",
      etag: `"${sha256}"`,
    },
  });
}

/** RFC 8187: what `encodeURIComponent` leaves and the header does not take is encoded, too. */
function fileName(name: string): string {
  return encodeURIComponent(name).replace(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const READ = { tag: "Assets of a task", tokens: ["user", "runner", "job"], scope: "tasks:read" } as const;
const WRITE = { tag: "Assets of a task", tokens: ["user"], scope: "tasks:write", takesKey: true } as const;
const BYTES = { contentType: ASSET_TYPE_DEFAULT, description: "At most 10 MiB, of any type." };

export const TASK_ASSET_OPERATIONS: readonly Operation[] = [
  {
    ...READ,
    method: "get",
    paths: [PATH],
    summary: "List the files beside a task's card",
    description: "Its jobs carry them as `taskAssets`, and find them in `.agentics/assets/`.",
    answers: { 200: assetListAnswer },
    refusals: ["404 task_not_found"],
  },
  {
    ...WRITE,
    method: "put",
    paths: [ONE],
    summary: "Put a file beside a task's card",
    description:
      "`Content-Type` is kept. Jobs that are claimed from then on get it; who holds one keeps what it was given. At most " +
      "20 files.",
    body: BYTES,
    answers: { 200: assetAnswer },
    refusals: [
      "400 invalid_input",
      "404 task_not_found",
      "409 too_many_assets",
      "409 asset_name_taken",
      "413 body_too_large",
    ],
  },
  {
    ...READ,
    method: "get",
    paths: [ONE],
    summary: "Download a file that is beside a task's card",
    query: assetQuery,
    answers: { 200: { ...BYTES, description: "As it was put." } },
    refusals: ["404 task_not_found", "404 asset_not_found", "410 asset_expired"],
  },
  {
    ...WRITE,
    method: "delete",
    paths: [ONE],
    summary: "Delete a file that is beside a task's card",
    description: "Jobs that were claimed before can still fetch it.",
    answers: { 204: null },
    refusals: ["404 task_not_found", "404 asset_not_found"],
  },
];
