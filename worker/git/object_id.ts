/**
 * Object ids: the SHA-1 of `"<type> <size>\0" + data`, as 40 hexadecimal digits in lower case everywhere in the
 * program and as 20 bytes only inside trees and packs. Pure.
 */
import { startObjectId } from "./sha1.ts";

/** The four kinds of object that git stores. */
export type ObjectType = "commit" | "tree" | "blob" | "tag";

/** Stands for "no object" in a push command: the ref does not exist (before, or afterwards). */
export const ZERO_ID = "0".repeat(40);
/** Length of an id in bytes. */
export const ID_BYTES = 20;

const ID_PATTERN = /^[0-9a-f]{40}$/;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Is `text` an object id in the form used inside the program? */
export function isObjectId(text: string): boolean {
  return ID_PATTERN.test(text);
}

/** The hexadecimal form of the id that starts at `offset`. */
export function readObjectId(bytes: Uint8Array, offset = 0): string {
  let text = "";
  for (let i = offset; i < offset + ID_BYTES; i++) text += HEX[bytes[i]!]!;
  return text;
}

/** The 20 bytes of an id. */
export function objectIdBytes(id: string): Uint8Array {
  const bytes = new Uint8Array(ID_BYTES);
  for (let i = 0; i < ID_BYTES; i++) {
    bytes[i] = (digitOf(id.charCodeAt(2 * i)) << 4) | digitOf(id.charCodeAt(2 * i + 1));
  }
  return bytes;
}

/** The value of a hexadecimal digit in lower case, given as its character code. */
function digitOf(code: number): number {
  return code <= 57 ? code - 48 : code - 87;
}

/** The id of an object from its type and its inflated data. */
export function hashObject(type: ObjectType, data: Uint8Array): string {
  return startObjectId(type, data.length).update(data).hex();
}
