/** Writes a tar archive of small text files, as any `tar` reads it (POSIX ustar). */
const BLOCK_BYTES = 512;
const NAME_MAX_BYTES = 100;
const PREFIX_MAX_BYTES = 155;

/**
 * Packs files under their paths. Owner and time are zero, so that the same files make the same archive.
 *
 * @throws RangeError when a path has no place in a header; paths of lines are bounded far below that.
 */
export function tarOf(files: ReadonlyMap<string, string>): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  for (const [path, text] of files) {
    const data = encoder.encode(text);
    parts.push(headerOf(path, data.length), data, new Uint8Array(padding(data.length)));
  }
  parts.push(new Uint8Array(2 * BLOCK_BYTES));
  const tar = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    tar.set(part, at);
    at += part.length;
  }
  return tar;
}

function headerOf(path: string, sizeBytes: number): Uint8Array {
  const header = new Uint8Array(BLOCK_BYTES);
  const { name, prefix } = splitPath(path);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  const put = (offset: number, text: string) => header.set(new TextEncoder().encode(text), offset);
  put(0, name);
  put(100, octal(0o644, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(sizeBytes, 11));
  put(136, octal(0, 11));
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\x0000");
  put(345, prefix);
  // The checksum is over the header with the checksum's own place full of spaces.
  put(148, `${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `);
  return header;
}

/** A path longer than the name's place is cut at a slash, its front going into the prefix. */
function splitPath(path: string): { readonly name: string; readonly prefix: string } {
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  if (bytes(path) <= NAME_MAX_BYTES) return { name: path, prefix: "" };
  for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (bytes(name) <= NAME_MAX_BYTES && bytes(prefix) <= PREFIX_MAX_BYTES) return { name, prefix };
  }
  throw new RangeError(`Cannot pack a file as its path must fit a tar header: it has ${bytes(path)} bytes`);
}

function padding(sizeBytes: number): number {
  return (BLOCK_BYTES - sizeBytes % BLOCK_BYTES) % BLOCK_BYTES;
}
