/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { createQueueRig } from "../../test/fake/queue_rig.ts";
import { REGISTRATION_TOKEN_LIFE_MS, REGISTRATION_TOKENS_MAX } from "../limits.ts";
import { createToken, listTokens } from "./access_token.ts";
import { createRegistrationToken } from "./registration_token.ts";

Deno.test("a registration token may do one thing, for an hour", () => {
  const rig = createQueueRig();
  const made = rig.must((draft) => createRegistrationToken(draft, "github:ada", rig.mint("user")));
  assert.deepEqual(made.scopes, ["runners:write"]);
  assert.equal(made.expiresAtMs, rig.nowMs() + REGISTRATION_TOKEN_LIFE_MS);
  assert.equal(made.lineId, null);
});

Deno.test("those that are over go, a heap does not grow, and other tokens stay", () => {
  const rig = createQueueRig();
  rig.must((draft) => createToken(draft, "a", { name: "ci", kind: "user", minted: rig.mint("user") }));
  const make = () => {
    rig.advance(1);
    return rig.must((draft) => createRegistrationToken(draft, "a", rig.mint("user")));
  };
  const first = make();
  for (let n = 1; n < REGISTRATION_TOKENS_MAX + 3; n++) make();
  const living = listTokens(rig.state);
  assert.equal(living.length, 1 + REGISTRATION_TOKENS_MAX);
  assert.ok(!living.some(({ id }) => id === first.id), "the oldest makes room");
  rig.advance(REGISTRATION_TOKEN_LIFE_MS);
  make();
  assert.deepEqual(listTokens(rig.state).map(({ name }) => name), ["ci", "runner registration"]);
});
