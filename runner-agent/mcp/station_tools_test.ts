import assert from "node:assert/strict";
import type { ConclusionWish } from "../domain/station_end.ts";
import { createStationTools } from "./station_tools.ts";

const wishes: ConclusionWish[] = [];
const serve = createStationTools({
  version: "test",
  bridge: null,
  complete(wish) {
    wishes.push(wish);
    return Promise.resolve(
      wish.summary === "dirty"
        ? { kind: "refused", message: "commit first" }
        : { kind: "recorded", conclusion: wish },
    );
  },
});

async function call(method: string, params: unknown, headers: HeadersInit = {}) {
  const response = await serve(
    new Request("http://127.0.0.1:7400/mcp", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    }),
  );
  // deno-lint-ignore no-explicit-any
  return { status: response.status, body: await response.json() as any };
}

const complete = (input: unknown) => call("tools/call", { name: "complete_station", arguments: input });

Deno.test("the operator's tools are listed to a client that never opened a session", async () => {
  const { body } = await call("tools/list", {});
  assert.deepEqual(body.result.tools.map((tool: { name: string }) => tool.name), [
    "complete_station",
    "stop_broadcast",
  ]);
  assert.deepEqual(body.result.tools[0].inputSchema.required, ["conclusion"]);
});

for (const protocolVersion of ["2024-11-05", "2025-06-18"]) {
  Deno.test(`a client of protocol version ${protocolVersion} is greeted`, async () => {
    const clientInfo = { name: "test", version: "1" };
    const { status, body } = await call("initialize", { protocolVersion, capabilities: {}, clientInfo });
    assert.equal(status, 200);
    assert.equal(body.result.protocolVersion, protocolVersion);
  });
}

Deno.test("complete_station needs a conclusion, and an exit code is 0 unless it is given", async () => {
  wishes.length = 0;
  assert.equal((await complete({ conclusion: "success" })).body.result.isError, undefined);
  assert.equal((await complete({ conclusion: "maybe" })).body.result.isError, true);
  assert.equal((await complete({})).body.result.isError, true);
  assert.equal((await complete({ conclusion: "success", exitCode: -1 })).body.result.isError, true);
  assert.deepEqual(wishes, [{ conclusion: "success", summary: null, exitCode: 0 }]);
});

Deno.test("a refusal is an error of the tool, which the model reads", async () => {
  const { body } = await complete({ conclusion: "success", summary: "dirty" });
  assert.equal(body.result.isError, true);
  assert.equal(body.result.content[0].text, "commit first");
});

Deno.test("other methods are not served, and a call that is too long is not read to its end", async () => {
  const at = "http://127.0.0.1:7400/mcp";
  for (const method of ["GET", "DELETE"]) {
    assert.equal((await serve(new Request(at, { method }))).status, 405);
  }
  const long = new Request(at, { method: "POST", body: "x".repeat(3_000_000) });
  assert.equal((await serve(long)).status, 413);
});
