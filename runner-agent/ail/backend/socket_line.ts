/** One line over a connection, with a bound. */
import { LINE_MAX_CHARS } from "./limits.ts";

/** Null when the connection ends before the line does, or the line is too long. */
export async function readLine(connection: Deno.Conn): Promise<string | null> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  const parts: string[] = [];
  let kept = 0;
  while (kept <= LINE_MAX_CHARS) {
    const count = await connection.read(buffer);
    if (count === null) return null;
    const text = decoder.decode(buffer.subarray(0, count), { stream: true });
    const end = text.indexOf("\n");
    parts.push(end === -1 ? text : text.slice(0, end));
    if (end !== -1) return parts.join("");
    kept += text.length;
  }
  return null;
}

export async function writeAll(connection: Deno.Conn, text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
}
