/**
 * A call of Podman that becomes a raw stream in both directions (`101 UPGRADED`): `fetch` cannot do that, so this is HTTP by
 * hand over the unix socket.
 */
import { PODMAN_HEAD_MAX_BYTES } from "../limits.ts";
import { API_VERSION } from "./podman_client.ts";

/** The stream after the head; `early` are bytes of it that came with the head. */
export interface RawStream {
  readonly conn: Deno.UnixConn;
  readonly early: Uint8Array;
}

/** Opens the stream; rejects with Podman's words if it refuses. */
export async function openRawStream(socketPath: string, path: string, body: unknown): Promise<RawStream> {
  const conn = await Deno.connect({ transport: "unix", path: socketPath });
  try {
    const text = new TextEncoder().encode(JSON.stringify(body));
    const head = [
      `POST /${API_VERSION}/libpod${path} HTTP/1.1`,
      "Host: podman",
      "Connection: Upgrade",
      "Upgrade: tcp",
      "Content-Type: application/json",
      `Content-Length: ${text.length}`,
      "",
      "",
    ].join("\r\n");
    await writeAll(conn, new TextEncoder().encode(head));
    await writeAll(conn, text);
    const answer = await readHead(conn);
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer.head)?.[1]);
    if (status === 101 || status === 200) return { conn, early: answer.rest };
    throw new Error(
      `Cannot open a stream as Podman must accept it: current answer is ${status} ${
        new TextDecoder().decode(answer.rest).slice(0, 400)
      }`,
    );
  } catch (error) {
    conn.close();
    throw error;
  }
}

/** Writes all of it, in as many writes as the socket takes. */
export async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

async function readHead(conn: Deno.Conn): Promise<{ readonly head: string; readonly rest: Uint8Array }> {
  const buffer = new Uint8Array(PODMAN_HEAD_MAX_BYTES);
  let length = 0;
  for (;;) {
    const n = await conn.read(buffer.subarray(length));
    if (n === null || n === 0) throw new Error("Cannot open a stream as Podman must answer: it hung up");
    length += n;
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, length));
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0) return { head: text.slice(0, end), rest: buffer.slice(end + 4, length) };
  }
}
