/**
 * The head of a CGI answer (RFC 3875 6.2): header lines, an empty line, the body; `Status:` is the HTTP status.
 *
 * Pure.
 */

export interface CgiHead {
  readonly status: number;
  readonly headers: [string, string][];
  /** Where the body begins. */
  readonly bodyOffset: number;
}

const OK = 200;

/** Reads the head at the start of `bytes`; null if it is not complete yet. */
export function parseCgiHead(bytes: Uint8Array): CgiHead | null {
  const end = findEmptyLine(bytes);
  if (end === null) return null;
  let status = OK;
  const headers: [string, string][] = [];
  for (const line of new TextDecoder().decode(bytes.subarray(0, end.start)).split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "status") status = Number.parseInt(value, 10) || OK;
    else headers.push([name, value]);
  }
  return { status, headers, bodyOffset: end.next };
}

const LF = 10;
const CR = 13;

function findEmptyLine(bytes: Uint8Array): { readonly start: number; readonly next: number } | null {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== LF) continue;
    if (bytes[i + 1] === LF) return { start: i, next: i + 2 };
    if (bytes[i + 1] === CR && bytes[i + 2] === LF) return { start: i, next: i + 3 };
  }
  return null;
}
