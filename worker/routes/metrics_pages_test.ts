/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import type { Caller } from "../domain/caller.ts";
import { createMetricsPageRoutes } from "./metrics_pages.ts";

const NOW = Date.UTC(2026, 10, 21, 18, 40);

async function get(path: string, historyUrl: string, caller: Caller = { kind: "admin", via: "session" }) {
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set("caller", caller);
    await next();
  });
  app.route("/", createMetricsPageRoutes(() => NOW));
  const response = await app.request(path, {}, { HISTORY_URL: historyUrl } as AppEnv["Bindings"]);
  return { status: response.status, location: response.headers.get("location"), text: await response.text() };
}

Deno.test("without a history the page of metrics says so, and so it does when it does not answer", async () => {
  const off = await get("/metrics?range=24h", "");
  assert.equal(off.status, 200);
  assert.match(off.text, /runs without a history/);
  assert.match(off.text, /<a href="\/metrics\?range=24h" aria-current="page">/);
  const away = await get("/metrics", "http://127.0.0.1:9");
  assert.equal(away.status, 200);
  assert.match(away.text, /The history does not answer \(unreachable\)/);
});

Deno.test("who is not signed in, or has no role that reads, sees no numbers", async () => {
  const nobody = await get("/metrics?range=7d", "", { kind: "nobody" });
  assert.deepEqual([nobody.status, nobody.location], [303, "/signin?next=%2Fmetrics%3Frange%3D7d"]);
  const token = await get("/metrics", "", { kind: "token", hash: "x", isOtherProject: false });
  assert.equal(token.status, 303);
});
