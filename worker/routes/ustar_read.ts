/** Reads the text files of a tar archive of somebody's: POSIX ustar, and what GNU tar and pax write for small files. */
import { err, ok, type Result } from "../../protocol/result.ts";

export type TarError =
  | { readonly reason: "not_a_tar" }
  | { readonly reason: "too_many_files"; readonly filesMax: number };

const BLOCK_BYTES = 512;

/**
 * The regular files by their path, a leading `./` taken off. Links, folders and extended headers are passed over: a file
 * of a line is a small text with a short name.
 */
export function filesOfTar(tar: Uint8Array, filesMax: number): Result<Map<string, string>, TarError> {
  const files = new Map<string, string>();
  let at = 0;
  while (at + BLOCK_BYTES <= tar.length) {
    const header = tar.subarray(at, at + BLOCK_BYTES);
    if (header.every((byte) => byte === 0)) {
      return files.size === 0 ? err({ reason: "not_a_tar" }) : ok(files);
    }
    const sizeBytes = parseInt(textOf(header, 124, 12).trim(), 8);
    if (!hasGoodSum(header) || !(sizeBytes >= 0) || at + BLOCK_BYTES + sizeBytes > tar.length) {
      return err({ reason: "not_a_tar" });
    }
    const [type, prefix, name] = [textOf(header, 156, 1), textOf(header, 345, 155), textOf(header, 0, 100)];
    if (type === "0" || type === "") {
      if (files.size === filesMax) return err({ reason: "too_many_files", filesMax });
      const isUstar = textOf(header, 257, 5) === "ustar";
      const path = (isUstar && prefix !== "" ? `${prefix}/${name}` : name).replace(/^(?:\.\/)+/, "");
      files.set(path, new TextDecoder().decode(tar.subarray(at + BLOCK_BYTES, at + BLOCK_BYTES + sizeBytes)));
    }
    at += BLOCK_BYTES + Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return files.size === 0 ? err({ reason: "not_a_tar" }) : ok(files);
}

/** The sum is over the header with its own place full of spaces. */
function hasGoodSum(header: Uint8Array): boolean {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  return sum === parseInt(textOf(header, 148, 8).trim(), 8);
}

/** Up to the first NUL. */
function textOf(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end === -1 ? field : field.subarray(0, end));
}
