import assert from "node:assert/strict";
import { fetchWorker } from "./fetch_worker.ts";

Deno.test("fetchWorker() asks once more when the harness lost its connection, and never for an answer of the Worker", async () => {
  const heard: string[] = [];
  const answers = ["Error: Network connection lost.\n    at x", '{"a":1}', '{"error":{"code":"internal"}}'];
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      heard.push(await request.text());
      const text = answers.shift()!;
      return new Response(text, { status: text === '{"a":1}' ? 200 : 500 });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  assert.equal((await fetchWorker(url, { method: "POST", body: "1" })).text, '{"a":1}');
  assert.equal((await fetchWorker(url, { method: "POST", body: "2" })).response.status, 500);
  assert.deepEqual(heard, ["1", "1", "2"]);
});
