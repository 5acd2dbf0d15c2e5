/** What a browser gets where a program gets a refusal as JSON. The routes alone: no object is behind them. */
import assert from "node:assert/strict";
import { createApp } from "../../worker/app.ts";
import type { Env } from "../../worker/env.ts";

const TOKEN = "admin-token-of-this-test";
const HTML = "text/html,application/xhtml+xml,*/*;q=0.8";
/** Without bindings: whatever asks an object fails. */
const BROKEN = { SHOPFLOOR_ADMIN_TOKEN: TOKEN } as unknown as Env;

const get = (path: string, accept: string) =>
  createApp().request(path, { headers: { accept, authorization: `Bearer ${TOKEN}` } }, BROKEN);

Deno.test("an address that is none of ours is a page in a browser, and JSON elsewhere", async () => {
  const shown = await get("/nothing-here", HTML);
  assert.equal(shown.status, 404);
  assert.match(shown.headers.get("content-type")!, /^text\/html/);
  assert.match(shown.headers.get("content-security-policy")!, /default-src 'none'/);
  assert.match(await shown.text(), /There is no page at this address.*Back to the board/s);
  for (const [path, accept] of [["/nothing-here", "*/*"], ["/api/nothing", HTML], ["/v1/nothing", HTML]]) {
    const told = await get(path!, accept!);
    assert.equal(told.status, 404);
    assert.equal((await told.json() as { error: { code: string } }).error.code, "route_not_found");
  }
});

Deno.test("a form that another site sent is refused with a page in a browser, and with JSON elsewhere", async () => {
  const send = (accept: string, headers: Record<string, string>) =>
    createApp().request("/session/end", { method: "POST", headers: { accept, ...headers } }, BROKEN);
  const others: Record<string, string>[] = [
    { "sec-fetch-site": "cross-site" },
    { origin: "https://hostile.example" },
  ];
  for (const from of others) {
    const shown = await send(HTML, from);
    assert.equal(shown.status, 403);
    assert.match(shown.headers.get("content-security-policy")!, /default-src 'none'/);
    assert.match(await shown.text(), /Another site sent this, so nothing was done/);
    const told = await send("*/*", from);
    assert.equal(told.status, 403);
    assert.equal((await told.json() as { error: { code: string } }).error.code, "cross_site_request");
  }
});

Deno.test("a fault of ours is a page with the number of its log entry in a browser, and JSON elsewhere", async () => {
  const logged: string[] = [];
  const { error } = console;
  console.error = (line: string) => logged.push(line);
  try {
    const shown = await get("/p/acme/site/runners", HTML);
    assert.equal(shown.status, 500);
    const { requestId } = JSON.parse(logged[0]!);
    const text = await shown.text();
    assert.ok(text.includes(requestId) && text.includes("nothing was lost"));
    assert.ok(!text.includes("TypeError"), "what failed is for the log");
    const told = await get("/p/acme/site/runners", "*/*");
    assert.equal((await told.json() as { error: { code: string } }).error.code, "internal_error");
  } finally {
    console.error = error;
  }
});

Deno.test("a project that cannot be is refused with what a name looks like, and one that can be is gone to", async () => {
  for (const typed of ["Not a name", "acme", "acme/site/x"]) {
    const refused = await get(`/projects?project=${encodeURIComponent(typed)}`, HTML);
    assert.equal(refused.status, 400, typed);
    assert.match(await refused.text(), /That is no name of a project/);
  }
  assert.ok(!(await (await get("/projects", HTML)).text()).includes("That is no name"));
  const gone = await get("/projects?to=lines&project=acme/site", HTML);
  assert.deepEqual([gone.status, gone.headers.get("location")], [303, "/p/acme/site/lines"]);
});

Deno.test("without a history the worklist of all projects leads to that of one", async () => {
  const shown = await get("/worklist", HTML);
  assert.equal(shown.status, 200);
  assert.match(await shown.text(), /href="\/projects\?to=worklist"/);
});
