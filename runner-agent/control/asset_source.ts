/**
 * Where the bytes of a task's assets come from: the runner's own server, or whatever its list names.
 *
 * 1. Each address, also one that a redirect leads to, is judged by `domain/task_assets.ts` before it is asked.
 * 2. A server that must be public is connected to at the very address that was judged: its name is not looked up twice.
 * 3. Bytes go to the disk as they come, and never more of them than is allowed.
 */
import { createHash } from "node:crypto";
import { lookup } from "node:dns/promises";
import { request } from "node:https";
import { z } from "zod";
import type { JobAsset } from "../../protocol/line/task_asset.ts";
import { isPrivateAddress } from "../../protocol/private_host.ts";
import { assetRoute, PRIVATE } from "../domain/task_assets.ts";
import { ASSET_REDIRECTS_MAX } from "../limits.ts";
import { boundedText } from "./http_call.ts";
import { readAssets } from "./asset_answers.ts";
import { type ProjectAddress, projectPath } from "./control_plane.ts";

/** `gone`: there is nothing there (404, 410). `failed` may be tried again; `detail` for the log and the agent. */
export type AssetDownload =
  | { readonly kind: "saved"; readonly size: number; readonly sha256: string }
  | { readonly kind: "gone" }
  | { readonly kind: "too_large" }
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "failed"; readonly detail: string };

/** Never rejects for what a server does, only for the disk. */
export interface AssetSource {
  /** Saves what is at `url` in a new file. What is there after anything but `saved` is the caller's to remove. */
  download(
    url: string,
    to: { readonly path: string; readonly maxBytes: number; readonly token: string },
    signal: AbortSignal,
  ): Promise<AssetDownload>;
  /** What the server lists of a task by now; null: it says nothing of it. */
  list(taskId: string, token: string, signal: AbortSignal): Promise<readonly JobAsset[] | null>;
}

/** The head of an answer, and its body. */
export interface AssetAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly contentLength: number | null;
  readonly body: AsyncIterable<Uint8Array>;
  /** Whatever is left of the body is not wanted. */
  close(): void;
}

/** Asks one address. Rejects as `fetch` does, and with a {@link PrivateAddress}. */
export type AssetOpener = (
  url: URL,
  how: { readonly token: string | null; readonly mustBePublic: boolean; readonly signal: AbortSignal },
) => Promise<AssetAnswer>;

export class PrivateAddress extends Error {}

export function createAssetSource(at: ProjectAddress, open: AssetOpener = openAsset): AssetSource {
  async function follow(
    url: string,
    token: string,
    signal: AbortSignal,
  ): Promise<AssetAnswer | AssetDownload> {
    let base = at.serverUrl;
    let next = url;
    let isOurs = true;
    for (let hops = 0; hops <= ASSET_REDIRECTS_MAX; hops++) {
      const route = assetRoute(next, at.serverUrl, base);
      if (route.kind === "refused") return { kind: "refused", detail: route.reason };
      const { mustBePublic } = route;
      // Another server that sends us back says what we ask for: not with our rights.
      isOurs &&= route.url.origin === new URL(at.serverUrl).origin;
      const withToken = route.withToken && isOurs;
      const answer = await open(route.url, { token: withToken ? token : null, mustBePublic, signal });
      if (answer.status < 300 || answer.status >= 400 || answer.location === null) return answer;
      answer.close();
      base = route.url.href;
      next = answer.location;
    }
    return { kind: "refused", detail: "it is redirected too often" };
  }

  return {
    async download(url, { path, maxBytes, token }, signal) {
      let answer: AssetAnswer | AssetDownload;
      try {
        answer = await follow(url, token, signal);
      } catch (error) {
        if (error instanceof PrivateAddress) return { kind: "refused", detail: PRIVATE };
        return { kind: "failed", detail: nameOf(error) };
      }
      if ("kind" in answer) return answer;
      try {
        const refused = judge(answer, maxBytes);
        return refused ?? await save(answer, path, maxBytes);
      } finally {
        answer.close();
      }
    },
    async list(taskId, token, signal) {
      const route = assetRoute(`${projectPath(at)}/tasks/${taskId}/assets`, at.serverUrl);
      if (route.kind === "refused") return null;
      try {
        const response = await fetch(route.url, {
          headers: { accept: "application/json", ...(route.withToken ? bearer(token) : {}) },
          redirect: "error",
          signal,
        });
        const text = await boundedText(response);
        return response.ok ? readAssets(listAnswer.parse(JSON.parse(text)).assets) : null;
      } catch {
        // The list is only asked for to know more: without it an asset is what its own answer said.
        return null;
      }
    },
  };
}

const listAnswer = z.object({ assets: z.array(z.unknown()) });

function judge({ status, contentLength }: AssetAnswer, maxBytes: number): AssetDownload | null {
  if (status === 404 || status === 410) return { kind: "gone" };
  if (status >= 500 || status === 408 || status === 429) {
    return { kind: "failed", detail: `status ${status}` };
  }
  if (status !== 200) return { kind: "refused", detail: `status ${status}` };
  return contentLength !== null && contentLength > maxBytes ? { kind: "too_large" } : null;
}

async function save(answer: AssetAnswer, path: string, maxBytes: number): Promise<AssetDownload> {
  const hash = createHash("sha256");
  let size = 0;
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o644 });
  const bytes = answer.body[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<Uint8Array>;
    try {
      next = await bytes.next();
    } catch (error) {
      return { kind: "failed", detail: nameOf(error) };
    }
    if (next.done === true) break;
    size += next.value.length;
    if (size > maxBytes) return { kind: "too_large" };
    hash.update(next.value);
    for (let at = 0; at < next.value.length;) at += await file.write(next.value.subarray(at));
  }
  return { kind: "saved", size, sha256: hash.digest("hex") };
}

/** Public servers by an address that was looked at, all others as the runner asks its server. */
const openAsset: AssetOpener = async (url, { token, mustBePublic, signal }) => {
  if (mustBePublic) return await openPublic(url, signal);
  const response = await fetch(url, {
    headers: token === null ? {} : bearer(token),
    redirect: "manual",
    signal,
  });
  return {
    status: response.status,
    location: response.headers.get("location"),
    contentLength: lengthOf(response.headers.get("content-length")),
    body: response.body ?? nothing(),
    close: () => void response.body?.cancel().catch(() => {}),
  };
};

async function openPublic(url: URL, signal: AbortSignal): Promise<AssetAnswer> {
  const found = await lookup(url.hostname.replace(/^\[|\]$/g, ""), { all: true });
  if (found.length === 0 || found.some(({ address }) => isPrivateAddress(address))) {
    throw new PrivateAddress();
  }
  const { promise, resolve, reject } = Promise.withResolvers<AssetAnswer>();
  const asked = request(url, {
    signal,
    lookup: (_name, options, done) => {
      const [first] = found;
      if (options.all === true) done(null, found);
      else done(null, first!.address, first!.family);
    },
  }, (response) => {
    resolve({
      status: response.statusCode ?? 0,
      location: response.headers.location ?? null,
      contentLength: lengthOf(response.headers["content-length"] ?? null),
      body: response,
      close: () => void response.destroy(),
    });
  });
  asked.on("error", reject);
  asked.end();
  return await promise;
}

async function* nothing(): AsyncIterable<Uint8Array> {}

function lengthOf(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown error";
}
