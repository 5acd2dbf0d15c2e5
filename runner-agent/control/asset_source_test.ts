/** Where an asset's bytes are asked for, and with what. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { createAssetSource } from "./asset_source.ts";

const AT = { serverUrl: "https://plane.example.com", owner: "o", project: "p" };

Deno.test("a redirect by another server gets no token, wherever it leads", async () => {
  const dir = await Deno.makeTempDir({ prefix: "shopfloor_assets_" });
  try {
    const places: Readonly<Record<string, string>> = {
      "https://plane.example.com/a": "https://plane.example.com/moved",
      "https://plane.example.com/moved": "https://files.example.net/b",
      "https://files.example.net/b": "https://plane.example.com/v1/secrets",
    };
    const asked: (readonly [string, string | null])[] = [];
    const source = createAssetSource(AT, (url, { token }) => {
      asked.push([url.href, token]);
      const location = places[url.href] ?? null;
      return Promise.resolve({
        status: location === null ? 200 : 302,
        location,
        contentLength: null,
        body: (async function* () {
          yield await Promise.resolve(new TextEncoder().encode("x"));
        })(),
        close: () => {},
      });
    });
    const to = { path: join(dir, "a"), maxBytes: 10, token: "t" };
    const got = await source.download("/a", to, new AbortController().signal);
    assert.equal(got.kind, "saved");
    assert.deepEqual(asked, [
      ["https://plane.example.com/a", "t"],
      ["https://plane.example.com/moved", "t"],
      ["https://files.example.net/b", null],
      ["https://plane.example.com/v1/secrets", null],
    ]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
