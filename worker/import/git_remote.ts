/**
 * A repository elsewhere, from the client's side: git's smart HTTP, protocol version 2. One conversation is bounded in
 * time and bytes; redirects are followed by hand, as each address must be one that may be asked (`import_url.ts`).
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { concatBytes, textOf } from "../git/bytes.ts";
import { isObjectId } from "../git/object_id.ts";
import { DELIMITER, FLUSH, type PktLine, pktLine, pktText, readPktLines } from "../git/pkt_line.ts";
import { IMPORT_PACK_MAX_BYTES, IMPORT_REDIRECTS_MAX } from "../limits.ts";
import type { ImportError } from "./import_error.ts";
import { importUrl } from "./import_url.ts";

/** What a conversation needs of the world. */
export interface RemoteOptions {
  readonly allowedHosts: readonly string[];
  readonly fetch: (url: URL, init: RequestInit) => Promise<Response>;
  /** Ends the conversation. */
  readonly signal: AbortSignal;
}

export interface GitRemote {
  /** The commit or tag's target that a name stands for; null: the default branch. */
  resolve(ref: string | null): Promise<Result<string, ImportError>>;
  /** A pack with what is asked for and nothing of its history. `filter` as in `git clone --filter`. */
  fetchPack(ids: readonly string[], filter: string | null): Promise<Result<Uint8Array, ImportError>>;
  /** Does the server leave objects out when it is asked to? */
  readonly canFilter: boolean;
}

type Attempt<T> = Promise<Result<T, ImportError>>;

/** Asks what the server can. */
export async function openRemote(text: string, options: RemoteOptions): Attempt<GitRemote> {
  const first = importUrl(text, options.allowedHosts);
  if (!first.ok) return first;
  const base = new URL(first.value);
  base.pathname = base.pathname.replace(/\/+$/, "");
  const opened = await discover(base, options);
  if (!opened.ok) return opened;
  const { url, lines } = opened.value;
  const host = url.host;
  if (!lines.some((line) => pktText(line) === "version 2")) return err({ reason: "not_git", host });
  const fetchLine = lines.map(pktText).find((text) => /^fetch(=|$)/.test(text));
  const features = fetchLine?.slice("fetch=".length).split(" ") ?? [];
  const command = (name: string, args: readonly string[]) => post(url, name, args, options);

  return ok({
    canFilter: features.includes("filter"),
    resolve: async (ref) => {
      const names = ref === null ? ["HEAD"] : [ref, `refs/heads/${ref}`, `refs/tags/${ref}`, `refs/${ref}`];
      const answer = await command("ls-refs", ["peel", ...names.map((name) => `ref-prefix ${name}`)]);
      if (!answer.ok) return answer;
      const found = new Map<string, string>();
      for (const line of answer.value) {
        const [id = "", name = "", ...attributes] = pktText(line).split(" ");
        const peeled = attributes.find((text) => text.startsWith("peeled:"))?.slice("peeled:".length);
        if (isObjectId(id)) found.set(name, peeled ?? id);
      }
      const name = names.find((candidate) => found.has(candidate));
      return name === undefined ? err({ reason: "ref_not_found", ref: ref ?? "HEAD" }) : ok(found.get(name)!);
    },
    fetchPack: async (ids, filter) => {
      const answer = await command("fetch", [
        "no-progress",
        "deepen 1",
        ...(filter === null ? [] : [`filter ${filter}`]),
        ...ids.map((id) => `want ${id}`),
        "done",
      ]);
      return answer.ok ? packOf(answer.value, host) : answer;
    },
  });
}

/** `GET info/refs`, following redirects: where they lead is where the repository is. */
async function discover(
  base: URL,
  options: RemoteOptions,
): Attempt<{ readonly url: URL; readonly lines: readonly PktLine[] }> {
  let at = base;
  for (let redirects = 0; redirects <= IMPORT_REDIRECTS_MAX; redirects++) {
    const asked = new URL(`${at.href.replace(/\/$/, "")}/info/refs?service=git-upload-pack`);
    const response = await ask(asked, { headers: { "git-protocol": "version=2" } }, options);
    if (!response.ok) return response;
    const { status, headers } = response.value;
    if (status >= 300 && status < 400) {
      await response.value.body?.cancel();
      const location = headers.get("location") ?? "";
      if (!URL.canParse(location, asked.href)) return err({ reason: "not_git", host: at.host });
      const judged = importUrl(new URL(location, asked).href, options.allowedHosts);
      if (!judged.ok) return judged;
      at = judged.value;
      at.pathname = at.pathname.replace(/\/info\/refs$/, "");
      continue;
    }
    const lines = await linesOf(response.value, at.host, options);
    return lines.ok ? ok({ url: at, lines: lines.value }) : lines;
  }
  return err({ reason: "too_many_redirects", host: base.host });
}

async function post(
  base: URL,
  command: string,
  args: readonly string[],
  options: RemoteOptions,
): Attempt<readonly PktLine[]> {
  const body = concatBytes([
    pktLine(`command=${command}\n`),
    pktLine("object-format=sha1\n"),
    DELIMITER,
    ...args.map((arg) => pktLine(`${arg}\n`)),
    FLUSH,
  ]);
  const url = new URL(`${base.href.replace(/\/$/, "")}/git-upload-pack`);
  const headers = {
    "git-protocol": "version=2",
    "content-type": "application/x-git-upload-pack-request",
    accept: "application/x-git-upload-pack-result",
  };
  const response = await ask(url, { method: "POST", headers, body: body.slice() }, options);
  return response.ok ? await linesOf(response.value, base.host, options) : response;
}

async function ask(url: URL, init: RequestInit, { fetch, signal }: RemoteOptions): Attempt<Response> {
  try {
    return ok(await fetch(url, { ...init, redirect: "manual", signal }));
  } catch {
    return err({ reason: "unreachable", host: url.host });
  }
}

async function linesOf(
  response: Response,
  host: string,
  options: RemoteOptions,
): Attempt<readonly PktLine[]> {
  if (response.status !== 200) {
    await response.body?.cancel();
    return err({ reason: "refused", host, status: response.status });
  }
  const bytes = await readBounded(response, host, options);
  if (!bytes.ok) return bytes;
  const lines = readPktLines(bytes.value);
  if (!lines.ok) return err({ reason: "not_git", host });
  const isError = lines.value.some((line) => line.kind === "data" && pktText(line).startsWith("ERR "));
  return isError ? err({ reason: "remote_error", host }) : lines;
}

async function readBounded(response: Response, host: string, { signal }: RemoteOptions): Attempt<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  try {
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader!.read()) {
      parts.push(piece.value);
      length += piece.value.length;
      if (length > IMPORT_PACK_MAX_BYTES) {
        await reader!.cancel();
        return err({ reason: "too_large", bytesMax: IMPORT_PACK_MAX_BYTES });
      }
      signal.throwIfAborted();
    }
  } catch {
    return err({ reason: "unreachable", host });
  }
  return ok(concatBytes(parts));
}

/** The pack of a fetch's answer: band 1 of its `packfile` section. */
function packOf(lines: readonly PktLine[], host: string): Result<Uint8Array, ImportError> {
  const start = lines.findIndex((line) => pktText(line) === "packfile");
  if (start < 0) return err({ reason: "remote_error", host });
  const parts: Uint8Array[] = [];
  for (const line of lines.slice(start + 1)) {
    if (line.kind !== "data") break;
    const band = line.payload[0];
    if (band === 1) parts.push(line.payload.subarray(1));
    else if (band === 3) return err({ reason: "remote_error", host });
  }
  return ok(concatBytes(parts));
}

/** Text of a file, or null when it is not UTF-8. */
export function textOfFile(bytes: Uint8Array): string | null {
  const text = textOf(bytes);
  return text.includes("\u0000") || text.includes("\ufffd") ? null : text;
}
