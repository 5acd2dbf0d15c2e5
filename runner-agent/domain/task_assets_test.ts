import assert from "node:assert/strict";
import type { JobAsset } from "../../protocol/line/task_asset.ts";
import { assetPaths, assetRoute, manifestText, mismatchOf, planAssets } from "./task_assets.ts";

const MIB = 1024 * 1024;
const asset = (fileName: string, size?: number): JobAsset => ({
  fileName,
  mimeType: "text/plain",
  url: "/x",
  size,
});

Deno.test("names that lead out of the folder, or are taken, are left out and the others come", () => {
  const names = [
    "a.txt",
    "../a",
    "/etc/x",
    "b/c",
    "..",
    "A.TXT",
    "manifest.json",
    "",
    ".gitmodules",
    "c\n",
    "d",
  ];
  const plan = planAssets(names.map((name) => asset(name)), MIB);
  assert.deepEqual(plan.assets.map(({ fileName }) => fileName), ["a.txt", "d"]);
  assert.deepEqual(
    plan.leftOut.map(({ name }) => name),
    ["../a", "/etc/x", "b/c", "..", "A.TXT", "manifest.json", "", ".gitmodules", "c?"],
  );
  assert.equal(plan.leftOut[4]!.reason, "another one has its name");
});

Deno.test("one that is too large, or beyond a thousand, is left out", () => {
  const { assets, leftOut } = planAssets(
    [asset("large", MIB + 1), asset("fits", MIB), asset("unknown")],
    MIB,
  );
  assert.deepEqual(assets.map(({ fileName }) => fileName), ["fits", "unknown"]);
  assert.deepEqual(leftOut, [{ name: "large", reason: `it has more than ${MIB} bytes` }]);
  const many = planAssets(Array.from({ length: 1_003 }, (_, n) => asset(`x${n}`)), MIB);
  assert.deepEqual([many.assets.length, many.leftOut.length], [1_000, 3]);
  assert.match(many.leftOut[0]!.reason, /at most 1000/);
});

Deno.test("places are kept for the manifest and each file, and none where there is nothing", () => {
  assert.deepEqual(assetPaths([asset("a"), asset("../b")]), [
    ".agentics/assets/manifest.json",
    ".agentics/assets/a",
  ]);
  assert.deepEqual(assetPaths([]), []);
});

Deno.test("a token goes to the runner's own server alone, over https or within this machine", () => {
  const ask = (url: string, server: string) => {
    const route = assetRoute(url, server);
    return route.kind === "ask" ? [route.url.href, route.withToken, route.mustBePublic] : route.reason;
  };
  const plane = "https://plane.example";
  assert.deepEqual(ask("https://plane.example/x?y=1", plane), ["https://plane.example/x?y=1", true, false]);
  assert.deepEqual(ask("/x", "http://127.0.0.1:8787"), ["http://127.0.0.1:8787/x", true, false]);
  assert.deepEqual(ask("/x", "http://localhost:1"), ["http://localhost:1/x", true, false]);
  assert.deepEqual(ask("/x", "http://plane.lan"), ["http://plane.lan/x", false, false]);
  assert.deepEqual(ask("https://files.example/x", plane), ["https://files.example/x", false, true]);
  assert.deepEqual(ask("https://plane.example:8443/x", plane), ["https://plane.example:8443/x", false, true]);
  assert.deepEqual(ask("https://10.0.0.7/x", "https://plane.lan"), ["https://10.0.0.7/x", false, false]);
  for (
    const host of ["10.0.0.7", "127.0.0.1", "[::1]", "localhost", "169.254.169.254", "nas", "x.internal"]
  ) {
    assert.equal(ask(`https://${host}/x`, plane), "its address is a private one", host);
  }
  for (const url of ["http://files.example/x", "http://plane.example/x", "file:///etc/passwd", "data:,x"]) {
    assert.equal(ask(url, plane), "another server is asked over https only", url);
  }
  assert.equal(ask("https://u:p@plane.example/x", plane), "its address holds a credential");
  assert.equal(ask("https://", plane), "its address is none");
});

Deno.test("what came is held against what was said, as far as anything was", () => {
  const came = { size: 3, sha256: "a".repeat(64) };
  assert.equal(mismatchOf({}, came), null);
  assert.equal(mismatchOf(came, came), null);
  assert.match(mismatchOf({ size: 4 }, came) ?? "", /3 bytes in place of 4/);
  assert.match(mismatchOf({ sha256: "b".repeat(64) }, came) ?? "", /SHA-256/);
});

Deno.test("the manifest says what is there and what is not", () => {
  const placed = { name: "a", size: 1, sha256: "a".repeat(64), contentType: "text/plain" };
  const leftOut = { name: "b", reason: "it was deleted" };
  assert.deepEqual(JSON.parse(manifestText([placed], [leftOut])), { assets: [placed], leftOut: [leftOut] });
});
