/**
 * Sends chunks over WebSockets as fast as they are answered, and says how fast that was. The sockets are made by hand
 * over TCP connections that send at once: Deno's own sends header and payload of a frame apart, each waits for the
 * other side's acknowledgement, and the load would measure that.
 */

export const CHUNK_BYTES = 2_000;
const HEADER_BYTES = 4;
/** An answer is the text `ok`: two bytes of frame, two of text. */
const ANSWER_BYTES = 4;
const READ_BYTES = 64 * 1024;

export interface Load {
  /** Where to open the socket of one run, `http://...`. */
  readonly socketUrl: (run: number) => string;
  readonly connections: number;
  /** Messages on their way per connection. */
  readonly depth: number;
  readonly chunksPerMessage: number;
  /** Of all connections together. */
  readonly chunks: number;
}

/** Chunks per second, from the first message to the last answer. Connections are open before. */
export async function sendChunks(load: Load): Promise<number> {
  const runs = Array.from({ length: load.connections }, (_, run) => run);
  const connections = await Promise.all(runs.map((run) => open(load.socketUrl(run))));
  const messages = Math.floor(load.chunks / load.chunksPerMessage / load.connections);
  const beganMs = performance.now();
  await Promise.all(connections.map((connection) => sendAll(connection, messages, load)));
  const tookMs = performance.now() - beganMs;
  for (const connection of connections) await closeInOrder(connection);
  return messages * load.connections * load.chunksPerMessage / tookMs * 1_000;
}

async function open(address: string): Promise<Deno.TcpConn> {
  const { hostname, port, pathname, search, host } = new URL(address);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  connection.setNoDelay(true);
  const head = [
    `GET ${pathname}${search} HTTP/1.1`,
    `host: ${host}`,
    "upgrade: websocket",
    "connection: Upgrade",
    "sec-websocket-version: 13",
    `sec-websocket-key: ${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))))}`,
  ].join("\r\n");
  await writeAll(connection, new TextEncoder().encode(`${head}\r\n\r\n`));
  const buffer = new Uint8Array(READ_BYTES);
  let text = "";
  while (!text.includes("\r\n\r\n")) {
    const count = await connection.read(buffer);
    if (count === null) throw new Error(`Cannot open ${address}: the connection has ended`);
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  if (!text.startsWith("HTTP/1.1 101")) throw new Error(`Cannot open ${address}: ${text.split("\r\n")[0]}`);
  return connection;
}

async function sendAll(connection: Deno.TcpConn, messages: number, load: Load): Promise<void> {
  const frame = binaryFrame(HEADER_BYTES + load.chunksPerMessage * CHUNK_BYTES);
  let sent = 0;
  let answeredBytes = 0;
  const buffer = new Uint8Array(READ_BYTES);
  while (answeredBytes < messages * ANSWER_BYTES) {
    const answered = Math.floor(answeredBytes / ANSWER_BYTES);
    const due = Math.min(messages, answered + load.depth) - sent;
    if (due > 0) {
      const together = new Uint8Array(frame.bytes.length * due);
      for (let n = 0; n < due; n++, sent++) {
        frame.sequence.setUint32(0, sent * load.chunksPerMessage);
        together.set(frame.bytes, n * frame.bytes.length);
      }
      await writeAll(connection, together);
    }
    const count = await connection.read(buffer);
    if (count === null) {
      throw new Error(`Cannot go on as the socket must stay open: ${answered} of ${messages}`);
    }
    answeredBytes += count;
  }
}

/** Masked with zeros, which costs nothing. */
function binaryFrame(
  payloadBytes: number,
): { readonly bytes: Uint8Array<ArrayBuffer>; readonly sequence: DataView } {
  const isShort = payloadBytes < 65_536;
  const headBytes = (isShort ? 4 : 10) + 4;
  const bytes = new Uint8Array(headBytes + payloadBytes).fill(97, headBytes);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x82;
  bytes[1] = 0x80 | (isShort ? 126 : 127);
  if (isShort) view.setUint16(2, payloadBytes);
  else view.setBigUint64(2, BigInt(payloadBytes));
  return { bytes, sequence: new DataView(bytes.buffer, headBytes, HEADER_BYTES) };
}

/** Says goodbye and waits for the other side's, so that nothing there is cut off. */
async function closeInOrder(connection: Deno.TcpConn): Promise<void> {
  await writeAll(connection, Uint8Array.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8));
  await connection.read(new Uint8Array(64));
  connection.close();
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
