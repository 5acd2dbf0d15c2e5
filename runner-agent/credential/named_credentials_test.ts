import assert from "node:assert/strict";
import type { CredentialSetting } from "../domain/credential.ts";
import { createNamedCredentials } from "./named_credentials.ts";

const site: CredentialSetting = {
  name: "site",
  address: "https://git.example/team",
  command: "print",
  scheme: "basic",
  from: "s.yaml:1",
};
const bearer: CredentialSetting = {
  ...site,
  name: "tools",
  address: "https://tools.example",
  scheme: "bearer",
};

function rig() {
  const minted: string[] = [];
  const dropped: string[] = [];
  const state = { fails: false };
  const credentials = createNamedCredentials([site, bearer], ({ name }) => ({
    current() {
      if (state.fails) return Promise.reject(new Error(`Cannot get a token by credential '${name}'`));
      minted.push(name);
      return Promise.resolve(`token-${minted.length}`);
    },
    drop: (token) => void dropped.push(token),
  }));
  return { credentials, minted, dropped, state };
}

Deno.test("a credential is minted for its own address, and written as its setting says", async () => {
  const { credentials } = rig();
  assert.equal(credentials.fault("site", "https://git.example/team/a.git"), null);
  assert.deepEqual(await credentials.authorizationFor("site", "https://git.example/team/a.git"), {
    ok: true,
    value: `Basic ${btoa("x-access-token:token-1")}`,
  });
  assert.deepEqual(await credentials.authorizationFor("tools", "https://tools.example/x"), {
    ok: true,
    value: "Bearer token-2",
  });
});

Deno.test("nothing is minted for another address, or by a name that nobody has", async () => {
  const { credentials, minted } = rig();
  for (
    const [name, address] of [["site", "https://git.example/teams/a.git"], [
      "other",
      "https://git.example/team/a.git",
    ], [
      "__proto__",
      "https://git.example/team/a.git",
    ]] as const
  ) {
    assert.notEqual(credentials.fault(name, address), null);
    assert.ok(!(await credentials.authorizationFor(name, address)).ok);
  }
  assert.deepEqual(minted, []);
});

Deno.test("a command that fails is an error that names the credential; a token that was refused is dropped", async () => {
  const { credentials, state, dropped } = rig();
  credentials.drop("site");
  assert.deepEqual(dropped, [], "none was given yet");
  await credentials.authorizationFor("site", site.address);
  credentials.drop("site");
  assert.deepEqual(dropped, ["token-1"]);
  state.fails = true;
  const failed = await credentials.authorizationFor("site", site.address);
  assert.ok(!failed.ok && /credential 'site'/.test(failed.error));
});
