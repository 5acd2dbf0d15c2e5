import assert from "node:assert/strict";
import { agentDefinition } from "../../test/fake/polled_job.ts";
import { type MarketplaceAccess, pluginAccess } from "./marketplace.ts";

const of = (sourceUrl: string, ...tokens: MarketplaceAccess[]) =>
  pluginAccess(agentDefinition({ marketplaceTokens: tokens as never }), sourceUrl);
const named = { authority: "market.example", credential: "market" };

Deno.test("a plugin is fetched by the token of its own authority", () => {
  const credential = { ok: true, value: { kind: "credential", credential: "market" } };
  assert.deepEqual(of("https://market.example/a.git", named), credential);
  assert.deepEqual(
    of("https://market.example:8443/a.git", { ...named, authority: "market.example:8443" }),
    credential,
  );
  assert.deepEqual(
    of("https://market.example/a.git", { ...named, authority: "https://MARKET.example" }),
    credential,
  );
  assert.deepEqual(
    of("https://market.example/a.git", { authority: "market.example", bearer: "t0ken" }),
    { ok: true, value: { kind: "authorization", authorization: "Bearer t0ken" } },
  );
});

for (
  const [source, token] of [
    ["https://market.example/a.git", { ...named, authority: "other.example" }],
    ["https://market.example.evil/a.git", named],
    ["https://market.example:8443/a.git", named],
    ["https://market.example/teams/a.git", { ...named, upstreamPrefix: "/team" }],
    ["https://market.example/a.git", { ...named, upstreamPrefix: "https://other.example/" }],
    ["https://market.example/a.git", { authority: "market.example", bearer: "" }],
    ["ssh://market.example/a.git", named],
    ["git@market.example:a.git", named],
    ["/srv/a.git", named],
  ] as const
) {
  Deno.test(`${source} is fetched without ${JSON.stringify(token)}`, () => {
    assert.deepEqual(of(source, token), { ok: true, value: null });
  });
}

Deno.test("the longest prefix of a path counts", () => {
  const team = { ...named, upstreamPrefix: "/team/", credential: "team" };
  for (const tokens of [[named, team], [team, named]]) {
    const found = of("https://market.example/team/a.git", ...tokens);
    assert.deepEqual(found.ok && found.value, { kind: "credential", credential: "team" });
  }
});

Deno.test("no token is sent in clear, or through an address that is not read the same way by everybody", () => {
  for (const token of [named, { authority: "market.example", bearer: "t0ken" }]) {
    assert.ok(!of("http://market.example/a.git", token).ok);
  }
  const bearer = { authority: "market.example", bearer: "t0ken" };
  for (const path of ["a/..%2fb", "a//b"]) assert.ok(!of(`https://market.example/${path}`, bearer).ok);
  const refused = of("https://me:secret@market.example/a.git", bearer);
  assert.ok(!refused.ok);
  assert.doesNotMatch(refused.error, /secret|t0ken/);
});
