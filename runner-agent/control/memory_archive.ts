/** The archive of what agents of a project remember, at the control plane (Line 4.2, `claude-config-archive`). */
import { MEMORY_ARCHIVE_MAX_BYTES, MEMORY_CALL_MAX_MS } from "../limits.ts";
import { type ProjectAddress, projectPath } from "./control_plane.ts";

export type ArchiveFetched =
  /** `etag` null: the server has none. */
  | { readonly kind: "found"; readonly bytes: Uint8Array; readonly etag: string | null }
  | { readonly kind: "none" }
  | { readonly kind: "too_large" }
  /** `detail` for the log: a status, or the name of an error. */
  | { readonly kind: "failed"; readonly detail: string };

/** `changed`: another one was put meanwhile. */
export type ArchivePut = { readonly kind: "kept" } | { readonly kind: "changed" } | {
  readonly kind: "failed";
  readonly detail: string;
};

/** Never rejects. */
export interface MemoryArchive {
  fetch(): Promise<ArchiveFetched>;
  /** @param etag That of the one that it goes on from; null: none. */
  put(bytes: Uint8Array, etag: string | null): Promise<ArchivePut>;
}

export function createMemoryArchive(at: ProjectAddress, token: string): MemoryArchive {
  const url = `${at.serverUrl.replace(/\/+$/, "")}${projectPath(at)}/claude-config-archive`;
  const call = (init: RequestInit & { readonly headers?: Readonly<Record<string, string>> }) =>
    fetch(url, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${token}` },
      redirect: "error",
      signal: AbortSignal.timeout(MEMORY_CALL_MAX_MS),
    });
  return {
    async fetch() {
      try {
        const response = await call({ headers: { accept: "application/zip" } });
        if (!response.ok) {
          await response.body?.cancel();
          return response.status === 404
            ? { kind: "none" }
            : { kind: "failed", detail: `status ${response.status}` };
        }
        const bytes = await boundedBytes(response);
        return bytes === null
          ? { kind: "too_large" }
          : { kind: "found", bytes, etag: response.headers.get("etag") };
      } catch (error) {
        return { kind: "failed", detail: nameOf(error) };
      }
    },
    async put(bytes, etag) {
      try {
        const response = await call({
          method: "PUT",
          headers: { "content-type": "application/zip", ...(etag === null ? {} : { "if-match": etag }) },
          body: new Uint8Array(bytes),
        });
        await response.body?.cancel();
        if (response.ok) return { kind: "kept" };
        return response.status === 412
          ? { kind: "changed" }
          : { kind: "failed", detail: `status ${response.status}` };
      } catch (error) {
        return { kind: "failed", detail: nameOf(error) };
      }
    },
  };
}

/** Null: it is too large; the rest is not read. */
async function boundedBytes(response: Response): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > MEMORY_ARCHIVE_MAX_BYTES) return null;
    parts.push(part);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown error";
}
