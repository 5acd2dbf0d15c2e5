/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { ownPath } from "./own_path.ts";

Deno.test("only a path of this server that fits a header is gone to", () => {
  for (const path of ["/", "/p/acme/site?q=x&label=y#top", "/é", "/%00"]) assert.equal(ownPath(path), path);
  for (
    const other of [
      "",
      "p",
      "https://evil.test/",
      "//evil.test",
      "/\\evil.test",
      "/\t/evil.test",
      "/a\nb",
      "/a\u0000b",
      "/a\u007fb",
      "javascript:alert(1)",
    ]
  ) assert.equal(ownPath(other), "/", JSON.stringify(other));
});
