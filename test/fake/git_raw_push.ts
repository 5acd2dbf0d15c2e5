/** A push over raw HTTP, to cut it where git would not. */
import { join } from "node:path";

/** The body of a push that creates `ref` at `tip`, with everything that `tip` reaches. */
export async function pushBody(folder: string, tip: string, ref: string): Promise<Uint8Array> {
  const list = join(folder, "..", `list-${crypto.randomUUID()}`);
  await Deno.writeTextFile(list, tip + "\n");
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `git pack-objects --stdout --revs -q < ${list}`],
    cwd: folder,
  }).output();
  const command = `${"0".repeat(40)} ${tip} ${ref}\0report-status\n`;
  const head = new TextEncoder().encode(
    (command.length + 4).toString(16).padStart(4, "0") + command + "0000",
  );
  const body = new Uint8Array(head.length + stdout.length);
  body.set(head);
  body.set(stdout, head.length);
  return body;
}

/** Sends the first `bytes` of a push that announces all of `body`, waits for `hasArrived`, and cuts the connection. */
export async function cutPush(
  url: string,
  body: Uint8Array,
  bytes: number,
  hasArrived: () => Promise<unknown>,
): Promise<void> {
  const { hostname, port, pathname } = new URL(`${url}/git-receive-pack`);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const head = `POST ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n` +
    `Content-Type: application/x-git-receive-pack-request\r\nContent-Length: ${body.length}\r\n\r\n`;
  await writeAll(connection, new TextEncoder().encode(head));
  await writeAll(connection, body.subarray(0, bytes));
  await hasArrived();
  connection.close();
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
