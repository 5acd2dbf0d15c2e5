/** Templates from elsewhere: a manifest at a URL, and the files that it names beside it (Pipeline 3.8). */
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { Fault } from "../../pipeline/fault.ts";
import {
  FETCH_CONNECT_MS,
  FETCH_READ_MS,
  MANIFEST_MAX_BYTES,
  TEMPLATE_FILE_MAX_BYTES,
  TEMPLATE_TOTAL_MAX_BYTES,
} from "../limits.ts";
import type { Template } from "./bundled.ts";
import { initFault, listedFiles, readManifest } from "./manifest.ts";

const NAME = "[A-Za-z0-9_.-]+";
const SHORT = new RegExp(`^github:(${NAME})/(${NAME})(?:@([^/]+))?(?:/(.+))?$`);
const PAGE = new RegExp(`^https://github\\.com/(${NAME})/(${NAME})(?:/tree/([^/]+)(?:/(.+))?)?/?$`);

/** Where the manifest of a template is. */
export function manifestUrl(source: string): Result<URL, Fault> {
  const repository = SHORT.exec(source) ?? PAGE.exec(source);
  if (repository !== null) {
    const [, owner, name, ref = "HEAD", folder = ""] = repository;
    const path = [
      owner,
      name!.replace(/\.git$/, ""),
      ref,
      ...folder.split("/").filter((part) => part !== ""),
    ];
    if (path.includes("..")) return err(initFault("url-invalid", `'${source}' leaves its repository`));
    const shown = path.map((part) => encodeURIComponent(part!)).join("/");
    return ok(new URL(`https://raw.githubusercontent.com/${shown}/template.yaml`));
  }
  const url = URL.canParse(source) ? new URL(source) : null;
  const isHttp = url !== null && (url.protocol === "http:" || url.protocol === "https:");
  if (isHttp && url.pathname.endsWith("/template.yaml")) return ok(url);
  return err(initFault(
    "url-invalid",
    `'${source}' must be github:owner/repo[@ref][/folder], a page of github.com, or end with /template.yaml`,
  ));
}

export async function fetchTemplate(source: string): Promise<Result<Template, Fault>> {
  const url = manifestUrl(source);
  if (!url.ok) return url;
  const manifest = await fetchBytes(url.value, MANIFEST_MAX_BYTES);
  if (!manifest.ok) return manifest;
  const read = readManifest(new TextDecoder().decode(manifest.value));
  if (!read.ok) return read;
  const listed = listedFiles(read.value);
  if (!listed.ok) return listed;
  const files: Template["files"][number][] = [];
  let total = 0;
  for (const path of listed.value) {
    const at = new URL(path.split("/").map(encodeURIComponent).join("/"), url.value);
    const bytes = await fetchBytes(at, TEMPLATE_FILE_MAX_BYTES);
    if (!bytes.ok) return bytes;
    total += bytes.value.length;
    if (total > TEMPLATE_TOTAL_MAX_BYTES) {
      return err(initFault("limit-exceeded", `a template may have ${TEMPLATE_TOTAL_MAX_BYTES} bytes`));
    }
    files.push({ path, bytes: bytes.value });
  }
  const { name, aliases, short_description } = read.value;
  return ok({ name, aliases, description: short_description, files });
}

async function fetchBytes(url: URL, maxBytes: number): Promise<Result<Uint8Array, Fault>> {
  const controller = new AbortController();
  let timer = setTimeout(() => controller.abort(), FETCH_CONNECT_MS);
  try {
    const response = await fetch(url, { signal: controller.signal });
    clearTimeout(timer);
    timer = setTimeout(() => controller.abort(), FETCH_READ_MS);
    if (!response.ok) {
      await response.body?.cancel();
      const isLimited = response.status === 429 ||
        response.status === 403 && response.headers.get("x-ratelimit-remaining") === "0";
      const reason = isLimited ? "rate-limited" : response.status === 404 ? "not-found" : "transport";
      return err(initFault(reason, `${url.href} answered ${response.status}`));
    }
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const part of response.body ?? []) {
      size += part.length;
      // The body's stream is cancelled by leaving the loop.
      if (size > maxBytes) {
        return err(initFault("limit-exceeded", `${url.href} has more than ${maxBytes} bytes`));
      }
      parts.push(part);
    }
    return ok(new Uint8Array(await new Blob(parts).arrayBuffer()));
  } catch (error) {
    const why = controller.signal.aborted ? "it took too long" : (error as Error).message;
    return err(initFault("transport", `cannot read ${url.href}: ${why}`));
  } finally {
    clearTimeout(timer);
  }
}
