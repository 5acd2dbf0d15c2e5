import assert from "node:assert/strict";
import { readRegistrations, type Registration, saveRegistration } from "./registrations.ts";

const one: Registration = {
  id: "r1",
  name: "shed",
  token: "t1",
  server: "http://plane.example",
  owner: "acme",
  project: "web",
  labels: ["linux"],
  registeredAt: "2026-01-01T00:00:00Z",
};

async function withDir(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("registrations are kept side by side, and the same id again is replaced", async () => {
  await withDir(async (dir) => {
    assert.deepEqual(await readRegistrations(dir), []);
    await saveRegistration(dir, one);
    await saveRegistration(dir, { ...one, id: "r2" });
    await saveRegistration(dir, { ...one, token: "t2" });
    assert.deepEqual(await readRegistrations(dir), [{ ...one, id: "r2" }, { ...one, token: "t2" }]);
    assert.deepEqual([...Deno.readDirSync(dir)].map((file) => file.name), ["runner.json"]);
  });
});

Deno.test("a file of somebody else is neither read nor overwritten", async () => {
  await withDir(async (dir) => {
    await Deno.writeTextFile(`${dir}/runner.json`, '{"mine":true}');
    await assert.rejects(saveRegistration(dir, one), /must be a file written by 'runner register'/);
    assert.equal(await Deno.readTextFile(`${dir}/runner.json`), '{"mine":true}');
  });
});
