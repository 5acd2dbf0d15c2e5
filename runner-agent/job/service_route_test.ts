import assert from "node:assert/strict";
import { serviceRoute } from "./service_route.ts";

const events: unknown[] = [];
const { handle } = serviceRoute({
  append: (type, payload) => {
    events.push([type, payload]);
    return Promise.resolve();
  },
});
const post = (query: string, body = "", method = "POST") =>
  handle(
    new Request(`http://127.0.0.1:7400/service?${query}`, { method, ...(method === "POST" ? { body } : {}) }),
  );

Deno.test("what happens to a service is an entry of the activity log, bounded", async () => {
  assert.equal((await post("name=db&event=ready")).status, 204);
  assert.equal((await post("name=db&event=ended", "x".repeat(5_000))).status, 204);
  assert.deepEqual(events, [
    ["service", { name: "db", event: "ready" }],
    ["service", { name: "db", event: "ended", detail: "x".repeat(500) }],
  ]);
});

Deno.test("the begin and the end of the setup script are entries, too", async () => {
  const before = events.length;
  assert.equal((await post("script=setup&event=start")).status, 204);
  assert.equal((await post("script=setup&event=stop", "ended with status 3")).status, 204);
  assert.deepEqual(events.slice(before), [
    ["script_start", { script: "setup" }],
    ["script_stop", { script: "setup", detail: "ended with status 3" }],
  ]);
});

Deno.test("what is no service or no event of one is refused", async () => {
  const before = events.length;
  for (
    const query of [
      "",
      "name=db",
      "name=db&event=exploded",
      "name=../x&event=ready",
      "script=other&event=start",
      "script=setup&event=ready",
    ]
  ) {
    assert.equal((await post(query)).status, 400);
  }
  assert.equal((await post("name=db&event=ready", "", "GET")).status, 405);
  assert.equal(events.length, before);
});
