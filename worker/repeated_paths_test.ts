/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { Hono } from "hono";
import { REPEATED_PATHS_MAX } from "./limits.ts";
import { createRouter } from "./repeated_paths.ts";

const app = new Hono({ router: createRouter() });
app.use("/api/owners/:owner/*", async (c, next) => {
  await next();
  c.header("owner", c.req.param("owner"));
});
app.get("/api/owners/:owner/things/:id", (c) => c.json(["get", c.req.param(), c.req.query("q") ?? ""]));
app.post("/api/owners/:owner/things/:id", (c) => c.json(["post", c.req.param()]));
app.get("/:page", (c) => c.json(["page", c.req.param()]));

async function ask(path: string, method = "GET") {
  const response = await app.request(path, { method });
  return [response.status, response.headers.get("owner"), response.ok ? await response.json() : null];
}

Deno.test("a path asked for again is answered as the first time, with its own method, names and query", async () => {
  for (let round = 0; round < 3; round++) {
    const one = { owner: "a", id: "1" };
    assert.deepEqual(await ask("/api/owners/a/things/1?q=x"), [200, "a", ["get", one, "x"]]);
    assert.deepEqual(await ask("/api/owners/a/things/1?q=y"), [200, "a", ["get", one, "y"]]);
    assert.deepEqual(await ask("/api/owners/a/things/1", "POST"), [200, "a", ["post", one]]);
    assert.deepEqual(await ask("/api/owners/b/things/1"), [200, "b", ["get", { owner: "b", id: "1" }, ""]]);
    assert.deepEqual(await ask("/api/owners/b/things"), [404, "b", null]);
    assert.deepEqual(await ask("/hello"), [200, null, ["page", { page: "hello" }]]);
  }
});

Deno.test("more paths than are remembered are all answered", async () => {
  for (let id = 0; id < REPEATED_PATHS_MAX + 2; id++) {
    assert.deepEqual(await ask(`/api/owners/c/things/${id}`), [200, "c", ["get", {
      owner: "c",
      id: `${id}`,
    }, ""]]);
  }
  assert.deepEqual((await ask("/api/owners/c/things/0"))[2], ["get", { owner: "c", id: "0" }, ""]);
});
