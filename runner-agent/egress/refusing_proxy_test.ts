/** The proxy that lets nothing out, and a sandbox that means it harm. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PROXY_CONNECTIONS_MAX, PROXY_HEAD_MAX_MS } from "../limits.ts";
import { startRefusingProxy } from "./refusing_proxy.ts";

async function withProxy(body: (connect: () => Promise<Deno.Conn>) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  const path = join(dir, "dmz.sock");
  const proxy = startRefusingProxy(path, "job-1");
  try {
    await body(() => Deno.connect({ transport: "unix", path }));
  } finally {
    await proxy.close();
    await Deno.remove(dir, { recursive: true });
  }
}

async function answerOf(connection: Deno.Conn): Promise<string> {
  let text = "";
  for await (const bytes of connection.readable) text += new TextDecoder().decode(bytes);
  return text;
}

const HEAD = new TextEncoder().encode("CONNECT example.org:443 HTTP/1.1\r\n\r\n");

Deno.test("every request is refused with a code, CONNECT too", async () => {
  await withProxy(async (connect) => {
    const connection = await connect();
    await connection.write(HEAD);
    assert.match(await answerOf(connection), /^HTTP\/1\.1 501 .*egress_proxy_not_available/s);
  });
});

Deno.test("a sandbox that opens connections without end takes no more than its share of the runner's files", async () => {
  await withProxy(async (connect) => {
    const idle: Deno.Conn[] = [];
    for (let n = 0; n < PROXY_CONNECTIONS_MAX; n++) idle.push(await connect());
    const oneMore = await connect();
    const begunAtMs = performance.now();
    assert.equal(await answerOf(oneMore), "");
    assert.ok(performance.now() - begunAtMs < PROXY_HEAD_MAX_MS / 2, "it is closed at once");
    idle.pop()!.close();
    // Whoever leaves makes room.
    for (let tries = 0;; tries++) {
      const next = await connect();
      await next.write(HEAD).catch(() => 0);
      const answer = await answerOf(next).catch(() => "");
      if (answer !== "") break;
      assert.ok(tries < 100);
    }
    for (const connection of idle) connection.close();
  });
});
