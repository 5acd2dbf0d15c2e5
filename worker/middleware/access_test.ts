/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { startAccess } from "../../test/fake/access.ts";
import { readSignIn } from "../domain/sign_in_ways.ts";
import { ACCESS_KEYS_AGAIN_MS, ACCESS_KEYS_LIFE_MS } from "../limits.ts";
import { addressOfAssertion } from "./access.ts";

Deno.test("a team's new key is fetched when it is first seen, but not for each request that names one", async () => {
  await using team = await startAccess();
  const way = readSignIn(team.variables).access!;
  let nowMs = Date.now();
  const ask = (text: string) => addressOfAssertion(text, way, nowMs);
  assert.equal(await ask(await team.sign()), "bob@example.org");
  assert.equal(await ask(await team.sign()), "bob@example.org");
  assert.equal(team.fetches.count, 1);
  await team.rotate();
  const fresh = await team.sign();
  assert.equal(await ask(fresh), null, "asked a moment ago");
  assert.equal(team.fetches.count, 1);
  nowMs += ACCESS_KEYS_AGAIN_MS;
  assert.equal(await ask(fresh), "bob@example.org");
  assert.equal(await ask(await team.sign({ header: { kid: "made-up" } })), null);
  assert.equal(team.fetches.count, 2);
});

Deno.test("a team whose server is away: what it said last stays true, and it is not asked for each request", async () => {
  const team = await startAccess();
  const way = readSignIn(team.variables).access!;
  let nowMs = Date.now();
  const assertion = await team.sign({ claims: { exp: Math.floor(nowMs / 1_000) + 2 * ACCESS_KEYS_LIFE_MS } });
  assert.equal(await addressOfAssertion(assertion, way, nowMs), "bob@example.org");
  await team[Symbol.asyncDispose]();
  nowMs += ACCESS_KEYS_LIFE_MS;
  const said: string[] = [];
  const { error } = console;
  console.error = (line: string) => void said.push(line);
  try {
    for (let n = 0; n < 3; n++) {
      assert.equal(await addressOfAssertion(assertion, way, nowMs), "bob@example.org");
    }
  } finally {
    console.error = error;
  }
  assert.equal(said.length, 1);
  assert.match(said[0]!, /access_keys_unavailable/);
});
