/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { requestId } from "./request_id.ts";

const app = new Hono<AppEnv>();
app.use(requestId(() => "made"));
app.get("/own", (c) => Response.json({ id: c.var.requestId }));
// As what an object answers: its headers cannot be changed.
app.get("/fixed", () => Response.redirect("http://localhost/own", 303));
app.get("/upgrade", () => Object.defineProperty(new Response(null), "status", { value: 101 }));

const ask = async (path: string, id?: string) =>
  await app.request(path, id === undefined ? {} : { headers: { "x-request-id": id } });

Deno.test("a well-formed id is used and echoed, and any other is replaced", async () => {
  for (
    const [given, expected] of [["abc-1", "abc-1"], ["a b", "made"], ["x".repeat(65), "made"], [
      undefined,
      "made",
    ]]
  ) {
    const response = await ask("/own", given);
    assert.equal(response.headers.get("x-request-id"), expected);
    assert.deepEqual(await response.json(), { id: expected });
  }
});

Deno.test("an answer whose headers cannot be changed carries the id too, and an upgrade is left as it is", async () => {
  const fixed = await ask("/fixed", "abc");
  assert.deepEqual([fixed.status, fixed.headers.get("x-request-id")], [303, "abc"]);
  assert.equal((await ask("/upgrade", "abc")).headers.get("x-request-id"), null);
});
