/**
 * Zips as maps of plain files, by a library. What somebody else has packed is read with bounds on its size, its number of
 * files and what comes of it, and only files count: links, folders, encrypted entries and credentials are left out. One with a
 * path that leads out is refused whole, by the library.
 */
import { configure, Uint8ArrayReader, Uint8ArrayWriter, ZipReader, ZipWriter } from "@zip.js/zip.js";
import { err, ok, type Result } from "../../protocol/result.ts";
import { isCredentialPath, isPlainPath, type MemoryFiles } from "../domain/agent_memory.ts";
import { MEMORY_FILES_MAX, MEMORY_UNPACKED_MAX_BYTES } from "../limits.ts";

configure({ useWebWorkers: false });

/** Of a Unix mode: what kind of file it is. */
const MODE_KIND = 0o170000;
const MODE_LINK = 0o120000;

export type ArchiveError = "too_large" | "not_readable";

/** Its plain files, without credentials. */
export async function readArchive(
  bytes: Uint8Array,
  maxBytes = MEMORY_UNPACKED_MAX_BYTES,
  maxFiles = MEMORY_FILES_MAX,
): Promise<Result<MemoryFiles, ArchiveError>> {
  const reader = new ZipReader(new Uint8ArrayReader(bytes), { checkSignature: true });
  const files = new Map<string, Uint8Array>();
  let left = maxBytes;
  try {
    let entries = 0;
    for await (const entry of reader.getEntriesGenerator()) {
      if (++entries > maxFiles) return err("too_large");
      const mode = (entry.externalFileAttributes ?? 0) >>> 16;
      if (entry.directory || entry.encrypted || (mode & MODE_KIND) === MODE_LINK) continue;
      if (!isPlainPath(entry.filename) || isCredentialPath(entry.filename)) continue;
      const content = await boundedContent((sink) => entry.getData(sink), left);
      if (content === null) return err("too_large");
      left -= content.length;
      files.set(entry.filename, content);
    }
    return ok(files);
  } catch {
    return err("not_readable");
  } finally {
    await reader.close();
  }
}

/** The same files give the same bytes, whenever they are packed. */
export async function writeArchive(files: MemoryFiles): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), {
    lastModDate: new Date(0),
    extendedTimestamp: false,
    level: 6,
  });
  for (const [path, bytes] of [...files].sort(([left], [right]) => left < right ? -1 : 1)) {
    await writer.add(path, new Uint8ArrayReader(bytes));
  }
  return await writer.close();
}

/** Null: it is longer, whatever its entry says. */
async function boundedContent(
  unpack: (sink: WritableStream<Uint8Array>) => Promise<unknown>,
  maxBytes: number,
): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const sink = new WritableStream<Uint8Array>({
    write(part) {
      size += part.length;
      if (size > maxBytes) throw new RangeError("too large");
      parts.push(part.slice());
    },
  });
  try {
    await unpack(sink);
  } catch (error) {
    if (size > maxBytes) return null;
    throw error;
  }
  const content = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    content.set(part, at);
    at += part.length;
  }
  return content;
}
