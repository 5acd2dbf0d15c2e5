/**
 * Where `HTTP_PROXY` and `HTTPS_PROXY` of a sandbox lead (Line 14): an HTTP proxy that lets nothing out and says so
 * with a stable code, for plain requests and for CONNECT.
 *
 * 1. One socket per run; an `ALP-Job-Id` header that names another job is refused (pick A15).
 * 2. It reads a bounded head and no body, answers once and closes. Nothing is connected to.
 * 3. A sandbox may do to it what it likes: connections beyond the limit are closed, and no fault of one ends the runner.
 */
import {
  PROXY_ACCEPT_AGAIN_MS,
  PROXY_CONNECTIONS_MAX,
  PROXY_HEAD_MAX_BYTES,
  PROXY_HEAD_MAX_MS,
} from "../limits.ts";

export interface RefusingProxy {
  close(): Promise<void>;
}

/** Listens on a unix socket. */
export function startRefusingProxy(path: string, jobId: string): RefusingProxy {
  const listener = Deno.listen({ transport: "unix", path });
  const open = new Set<Promise<void>>();
  const connections = new Set<Deno.Conn>();
  const closed = new AbortController();

  function take(connection: Deno.Conn): void {
    if (connections.size >= PROXY_CONNECTIONS_MAX) return closeQuietly(connection);
    connections.add(connection);
    const answered = answer(connection, jobId).finally(() => {
      connections.delete(connection);
      open.delete(answered);
    });
    open.add(answered);
  }

  const accepting = (async () => {
    while (!closed.signal.aborted) {
      try {
        take(await listener.accept());
      } catch {
        // Closed, or the runner has no file left: then there is room again after a while.
        await waited(closed.signal);
      }
    }
  })();
  return {
    async close() {
      closed.abort();
      listener.close();
      for (const connection of connections) closeQuietly(connection);
      await accepting;
      await Promise.all(open);
    },
  };
}

async function answer(connection: Deno.Conn, jobId: string): Promise<void> {
  const timer = setTimeout(() => closeQuietly(connection), PROXY_HEAD_MAX_MS);
  try {
    const head = await readHead(connection);
    if (head !== null) await writeAll(connection, refusalTo(head, jobId));
  } catch {
    // Who went away, in whichever way, needs no answer.
  } finally {
    clearTimeout(timer);
    closeQuietly(connection);
  }
}

/** The whole answer to a request whose head is `head`. */
export function refusalTo(head: string, jobId: string): string {
  const claimed = /^alp-job-id:[ \t]*(.*?)[ \t]*$/im.exec(head)?.[1];
  const [status, code, message] = claimed !== undefined && claimed !== jobId
    ? ["403 Forbidden", "job_mismatch", "This proxy belongs to another job than ALP-Job-Id names"]
    : ["501 Not Implemented", "egress_proxy_not_available", "This runner lets no request out of the sandbox"];
  const body = JSON.stringify({ error: { code, message }, jobId });
  return [
    `HTTP/1.1 ${status}`,
    "content-type: application/json",
    `content-length: ${new TextEncoder().encode(body).length}`,
    "connection: close",
    "",
    body,
  ].join("\r\n");
}

/** Null: it ended, or went on for too long, before its head was whole. */
async function readHead(connection: Deno.Conn): Promise<string | null> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4_096);
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    const read = await connection.read(buffer);
    if (read === null || head.length + read > PROXY_HEAD_MAX_BYTES) return null;
    head += decoder.decode(buffer.subarray(0, read), { stream: true });
  }
  return head;
}

async function writeAll(connection: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function closeQuietly(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** {@link PROXY_ACCEPT_AGAIN_MS}, or until `signal` aborts. */
function waited(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, PROXY_ACCEPT_AGAIN_MS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
