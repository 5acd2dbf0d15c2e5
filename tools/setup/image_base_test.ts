import assert from "node:assert/strict";
import { chooseBase, forgetRegistry, PUBLIC_BASE } from "./image_base.ts";

const DAY_MS = 24 * 3_600_000;

async function withDataDir(body: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir();
  await Deno.mkdir(`${dataDir}/podman`);
  const named = Deno.env.get("SHOPFLOOR_IMAGE_BASE");
  Deno.env.delete("SHOPFLOOR_IMAGE_BASE");
  try {
    await body(dataDir);
  } finally {
    if (named !== undefined) Deno.env.set("SHOPFLOOR_IMAGE_BASE", named);
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("chooseBase asks the registry once a day", () =>
  withDataDir(async (dataDir) => {
    let asked = 0;
    const ask = (isReachable: boolean) => () => Promise.resolve((asked++, isReachable));
    assert.equal(await chooseBase(dataDir, 1000, ask(false)), null);
    assert.equal(await chooseBase(dataDir, 1000 + DAY_MS - 1, ask(true)), null);
    assert.equal(asked, 1);
    assert.equal(await chooseBase(dataDir, 1000 + DAY_MS, ask(true)), PUBLIC_BASE);
    await forgetRegistry(dataDir, 2000 + DAY_MS);
    assert.equal(await chooseBase(dataDir, 3000 + DAY_MS, ask(true)), null);
    assert.equal(asked, 2);
  }));

Deno.test("chooseBase takes the base that the user names without asking anybody", () =>
  withDataDir(async (dataDir) => {
    Deno.env.set("SHOPFLOOR_IMAGE_BASE", "localhost/mine:1");
    try {
      const ask = () => Promise.reject(new Error("asked"));
      assert.equal(await chooseBase(dataDir, 0, ask), "localhost/mine:1");
    } finally {
      Deno.env.delete("SHOPFLOOR_IMAGE_BASE");
    }
  }));

Deno.test("the Containerfile's default is the same public base", async () => {
  const text = await Deno.readTextFile(new URL("./Containerfile", import.meta.url));
  assert.ok(text.includes(`ARG BASE=${PUBLIC_BASE}\n`));
});
