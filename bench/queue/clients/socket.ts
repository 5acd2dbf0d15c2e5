/**
 * A WebSocket (RFC 6455) for the load, over a TCP connection that sends at once. Deno's own writes the header and the
 * payload of a frame above 1 kB apart and leaves Nagle's algorithm on, so that each such frame waits 40 ms for the
 * server's acknowledgement of its header: the load would measure that.
 *
 * Text only, no extensions; a message may come in several frames. Frames are masked with zeros, which costs nothing.
 */
export interface LoadSocket {
  onMessage: (text: string) => void;
  onClose: (why: string) => void;
  send(text: string): void;
  close(): void;
}

const FIN_TEXT = 0x81;
const FIN_PONG = 0x8a;
const OPCODE_TEXT = 1;
const OPCODE_CLOSE = 8;
const OPCODE_PING = 9;
const MASKED = 0x80;
const MASK_BYTES = 4;
const READ_BYTES = 256 * 1024;

/** Resolves when the socket is open; `url` is `http://...`. */
export async function openSocket(url: string, token?: string): Promise<LoadSocket> {
  const { hostname, port, pathname, search, host } = new URL(url);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  connection.setNoDelay(true);
  const head = [
    `GET ${pathname}${search} HTTP/1.1`,
    `host: ${host}`,
    "upgrade: websocket",
    "connection: Upgrade",
    "sec-websocket-version: 13",
    `sec-websocket-key: ${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))))}`,
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
  ].join("\r\n");
  const writer = createWriter(connection);
  writer.write(new TextEncoder().encode(`${head}\r\n\r\n`));
  const reader = createReader(connection);
  const answer = await reader.head();
  if (!answer.startsWith("HTTP/1.1 101")) {
    connection.close();
    throw new Error(`Cannot open a WebSocket as the server must take it: ${answer.split("\r\n")[0]}`);
  }
  const socket: LoadSocket = {
    onMessage: () => {},
    onClose: () => {},
    send: (text) => writer.write(frameOf(FIN_TEXT, new TextEncoder().encode(text))),
    close: () => connection.close(),
  };
  void receive();
  return socket;

  async function receive(): Promise<void> {
    const decoder = new TextDecoder();
    let parts = "";
    try {
      for (;;) {
        const { first, payload } = await reader.frame();
        const opcode = first & 0x0f;
        if (opcode === OPCODE_CLOSE) return socket.onClose(`closed: ${decoder.decode(payload.subarray(2))}`);
        if (opcode === OPCODE_PING) writer.write(frameOf(FIN_PONG, payload));
        if (opcode > OPCODE_TEXT) continue;
        const isLast = (first & 0x80) !== 0;
        parts += decoder.decode(payload, { stream: !isLast });
        if (!isLast) continue;
        const text = parts;
        parts = "";
        socket.onMessage(text);
      }
    } catch (cause) {
      socket.onClose(String(cause));
    }
  }
}

/** Writes in order, what has come together in one call. */
function createWriter(connection: Deno.Conn) {
  let waiting: Uint8Array[] = [];
  let isWriting = false;
  async function drain(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const bytes = joined(waiting);
      waiting = [];
      for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    }
    isWriting = false;
  }
  return {
    write: (bytes: Uint8Array) => {
      waiting.push(bytes);
      // A closed connection is seen, and told, by the reader.
      if (!isWriting) drain().catch(() => {});
    },
  };
}

function createReader(connection: Deno.Conn) {
  const chunk = new Uint8Array(READ_BYTES);
  let buffered: Uint8Array = new Uint8Array();

  async function more(): Promise<void> {
    const count = await connection.read(chunk);
    if (count === null) throw new Error("the connection has ended");
    buffered = joined([buffered, chunk.subarray(0, count)]);
  }

  async function take(count: number): Promise<Uint8Array> {
    while (buffered.length < count) await more();
    const bytes = buffered.subarray(0, count);
    buffered = buffered.subarray(count);
    return bytes;
  }

  return {
    head: async () => {
      for (;;) {
        const text = new TextDecoder("latin1").decode(buffered);
        const end = text.indexOf("\r\n\r\n");
        if (end >= 0) {
          await take(end + 4);
          return text.slice(0, end);
        }
        await more();
      }
    },
    /** A frame of a server: not masked. */
    frame: async () => {
      const [first, second] = await take(2);
      const short = second! & 0x7f;
      let length = short;
      if (short >= 126) {
        const bytes = await take(short === 126 ? 2 : 8);
        length = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
      }
      return { first: first!, payload: await take(length) };
    },
  };
}

function frameOf(first: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = new Uint8Array(2 + lengthBytes + MASK_BYTES + length);
  const view = new DataView(frame.buffer);
  frame[0] = first;
  frame[1] = MASKED | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) view.setUint16(2, length);
  if (lengthBytes === 8) view.setBigUint64(2, BigInt(length));
  frame.set(payload, frame.length - length);
  return frame;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!.slice();
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
