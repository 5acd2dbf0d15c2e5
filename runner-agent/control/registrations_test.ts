import assert from "node:assert/strict";
import {
  fittingRegistrations,
  readRegistrations,
  type Registration,
  registrationText,
  saveRegistration,
} from "./registrations.ts";
import { withTempDir } from "../../test/fake/temp_dir.ts";

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

Deno.test("registrations are kept side by side, and the same id again is replaced", async () => {
  await withTempDir(async (dir) => {
    assert.deepEqual(await readRegistrations(dir), []);
    await saveRegistration(dir, one);
    await saveRegistration(dir, { ...one, id: "r2" });
    await saveRegistration(dir, { ...one, token: "t2" });
    assert.deepEqual(await readRegistrations(dir), [{ ...one, id: "r2" }, { ...one, token: "t2" }]);
    assert.deepEqual([...Deno.readDirSync(dir)].map((file) => file.name), ["runner.json"]);
  });
});

Deno.test("a file of somebody else is neither read nor overwritten", async () => {
  await withTempDir(async (dir) => {
    await Deno.writeTextFile(`${dir}/runner.json`, '{"mine":true}');
    await assert.rejects(saveRegistration(dir, one), /must be a file written by 'runner register'/);
    assert.equal(await Deno.readTextFile(`${dir}/runner.json`), '{"mine":true}');
  });
});

Deno.test("a name that serves two projects is told apart by the project", () => {
  const other: Registration = { ...one, id: "r2", project: "shop" };
  const nothing = { name: null, server: null, owner: null, project: null };
  assert.deepEqual(fittingRegistrations([one, other], { ...nothing, name: "shed" }), [one, other]);
  assert.deepEqual(fittingRegistrations([one, other], { ...nothing, name: "shed", project: "shop" }), [
    other,
  ]);
  assert.deepEqual(
    fittingRegistrations([one, other], { ...nothing, server: "http://elsewhere.example" }),
    [],
  );
  assert.deepEqual(fittingRegistrations([one, other], { ...nothing, owner: "acme", project: "web" }), [one]);
  assert.equal(registrationText(other), "shed (acme/shop at http://plane.example)");
});
