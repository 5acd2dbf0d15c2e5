import assert from "node:assert/strict";
import { ASSET_NAME_MAX_BYTES, assetNameFault, assetPlace, assetType } from "./task_asset.ts";

Deno.test("a name is that of a file in one folder", () => {
  for (
    const name of ["a", "plan.pdf", "Größe 2.png", ".env", "..a", "a b", "日本.txt", "x".repeat(200), "a:b?"]
  ) {
    assert.equal(assetNameFault(name), null, name);
  }
});

Deno.test("a name that leads elsewhere, or is git's or the runner's, is refused", () => {
  for (
    const [name, says] of [
      ["", /1 to 200 bytes/],
      ["x".repeat(ASSET_NAME_MAX_BYTES + 1), /1 to 200 bytes/],
      ["é".repeat(101), /1 to 200 bytes/],
      ["..", /end with a dot/],
      [".", /end with a dot/],
      ["../x", /no slash/],
      ["a/b", /no slash/],
      ["/etc/passwd", /no slash/],
      ["a\\b", /no backslash/],
      ["a\0b", /no control/],
      ["a\nb", /no control/],
      ["a\u0085b", /no control/],
      ["\ud800", /no control/],
      [" a", /a space/],
      ["a ", /a space/],
      ["a.", /a dot/],
      [".git", /'.git'/],
      [".GitAttributes", /'.git'/],
      ["manifest.json", /the runner writes/],
      ["MANIFEST.JSON", /the runner writes/],
    ] as const
  ) {
    assert.match(assetNameFault(name) ?? "", says, JSON.stringify(name));
  }
});

Deno.test("names that a file system takes for one have one place", () => {
  assert.equal(assetPlace("Plan.PDF"), assetPlace("plan.pdf"));
  assert.equal(assetPlace("e\u0301"), assetPlace("\u00e9"));
  assert.notEqual(assetPlace("a.png"), assetPlace("b.png"));
});

Deno.test("a media type is one word, a slash and another, with parameters", () => {
  for (const type of ["image/png", "text/plain; charset=utf-8", "application/vnd.x+json;a=b"]) {
    assert.ok(assetType.safeParse(type).success, type);
  }
  for (const type of ["", "image", "image/", "a/b\r\nx: y", "a b/c", `a/${"b".repeat(200)}`]) {
    assert.ok(!assetType.safeParse(type).success, type);
  }
});
