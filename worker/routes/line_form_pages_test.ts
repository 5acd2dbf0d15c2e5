/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import type { Caller } from "../domain/caller.ts";
import { createLineFormRoutes } from "./line_form_pages.ts";
import { readDefinition, readUpload } from "./line_text_input.ts";
import { tarOf } from "./ustar.ts";

const FORMS = [
  ["GET", "/p/acme/site/lines/new"],
  ["POST", "/p/acme/site/lines/new"],
  ["POST", "/p/acme/site/lines/import"],
  ["GET", "/p/acme/site/lines/tidy/edit"],
  ["POST", "/p/acme/site/lines/tidy/edit"],
] as const;

/** Without any binding: who may not is refused before anything is asked. */
async function statusFor(caller: Caller, method: string, path: string) {
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set("caller", caller);
    await next();
  });
  app.route("/", createLineFormRoutes());
  return (await app.request(path, { method }, {} as AppEnv["Bindings"])).status;
}

Deno.test("forms of lines are for who may write lines, and others are told so", async () => {
  for (const [method, path] of FORMS) {
    for (const role of ["viewer", "operator", "approver"] as const) {
      const person = { kind: "person", name: "github:ada", role } as const;
      assert.equal(await statusFor(person, method, path), 403, `${role}: ${method} ${path}`);
    }
    assert.equal(await statusFor({ kind: "nobody" }, method, path), 303, `nobody: ${method} ${path}`);
  }
});

const bytes = (text: string) => new TextEncoder().encode(text);
const LINE = { id: "mine", name: "L", stations: [{ id: "a", name: "A" }] };

Deno.test("an upload is a tar, an export or a definition, and never keeps its id", () => {
  const folder = new Map([["assembly-line.json", '{"name":"L"}']]);
  const tar = readUpload(tarOf(folder));
  assert.deepEqual(tar.ok && tar.value, { kind: "folder", files: Object.fromEntries(folder) });
  const json = readUpload(bytes(JSON.stringify({ files: Object.fromEntries(folder) })));
  assert.deepEqual(json.ok && json.value, { kind: "folder", files: Object.fromEntries(folder) });
  const definition = readUpload(bytes(JSON.stringify(LINE)));
  assert.ok(definition.ok && definition.value.kind === "definition");
  assert.deepEqual([definition.value.line.name, definition.value.line.id], ["L", undefined]);
});

Deno.test("an upload that is neither is refused with a sentence that says where", () => {
  const said = (text: string) => {
    const read = readUpload(bytes(text));
    return read.ok ? "ok" : read.error;
  };
  assert.match(said("PK"), /must be a tar archive or JSON$/);
  assert.match(said('{"name": "L",\n oops'), /^Cannot import the file: line 2: expected JSON$/);
  assert.match(said('{"name": "L",\n "stations": []}'), /^Cannot import the file: line 2, stations: /);
  assert.match(said("[]"), /expected object/);
  assert.match(said("[".repeat(100_000)), /expected JSON/);
});

Deno.test("a definition that is deeper than any is refused before anything walks it", () => {
  const deep = `{"name":"L","x":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
  const read = readDefinition(deep);
  assert.ok(!read.ok);
  assert.match(read.error[0]!.message, /at most 100 levels/);
});

Deno.test("each fault of a definition has its place, in the words of the API", () => {
  const text = JSON.stringify(
    { ...LINE, stations: [{ id: "a", name: "" }, { id: "a", name: "B" }], extra: 1 },
    null,
    1,
  );
  const read = readDefinition(text);
  assert.ok(!read.ok);
  const faults = read.error.map(({ lineNumber, path, message }) => `${lineNumber} ${path}: ${message}`);
  assert.ok(faults.some((fault) => /^\d+ stations\.0\.name: .*came/.test(fault)), faults.join("\n"));
  assert.ok(
    faults.some((fault) => /only fields of the protocol, came 'extra'/.test(fault)),
    faults.join("\n"),
  );
});
