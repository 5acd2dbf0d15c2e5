import assert from "node:assert/strict";
import { apiPage, PAGE } from "./api_page.ts";

Deno.test("the page of the API is what the routes declare", async () => {
  assert.equal(await Deno.readTextFile(PAGE), apiPage(), "run 'deno task api:page' and look at what changed");
});
