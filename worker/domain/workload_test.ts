/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { readWorkloads, workloadOf } from "./workload.ts";

const ISSUER = "https://token.actions.githubusercontent.com";
const AT = { baseUrl: "https://line.example", owner: "acme", project: "site", nowMs: 1_000_000 };
const CLAIMS = {
  iss: ISSUER,
  aud: "https://line.example/p/acme/site",
  exp: 1_100,
  nbf: 900,
  repository: "Octo/App",
  ref: "refs/heads/main",
};
const trusting = (trust: string) => readWorkloads({ SHOPFLOOR_OIDC_TRUST: trust });
const asked = (trust: string, claims: object = {}, at: object = {}) => {
  const way = trusting(trust);
  return way === null ? null : workloadOf({ ...CLAIMS, ...claims }, way, { ...AT, ...at });
};

Deno.test("a repository that is trusted for a project may act there, until its token ends", () => {
  assert.deepEqual(asked("octo/app=acme/site"), {
    name: "oidc:Octo/App",
    scopes: ["tasks:read", "tasks:write", "runs:dispatch", "runners:write"],
    lineId: null,
    expiresAtMs: 1_160_000,
  });
  for (const trust of ["octo/*=acme/site", "octo/app=acme/*", "octo/app@refs/heads/*=acme/site"]) {
    assert.ok(asked(trust) !== null, trust);
  }
  for (
    const trust of [
      "octo/other=acme/site",
      "octo/app=acme/other",
      "octo/app@refs/heads/dev=acme/site",
      "oct*/app=acme/site",
    ]
  ) assert.equal(asked(trust), null, trust);
});

Deno.test("an audience that is a line locks to it, without runners", () => {
  for (const place of ["assembly-lines/fix", "lines/fix"]) {
    const found = asked("octo/app=acme/site", { aud: `https://line.example/p/acme/site/${place}` });
    assert.deepEqual([found?.lineId, found?.scopes.includes("runners:write")], ["fix", false]);
  }
});

Deno.test("claims of another issuer, audience or time are nobody's", () => {
  const wrong = [
    { iss: "https://evil.example" },
    { aud: "https://line.example" },
    { aud: ["https://line.example/p/acme/site"] },
    { aud: "https://other.example/p/acme/site" },
    { aud: "https://line.example/p/acme/site2" },
    { aud: "https://line.example/p/acme/site/assembly-lines/a/b" },
    { aud: "https://line.example/p/acme/site/gates/a" },
    { exp: 939 },
    { exp: undefined },
    { nbf: 1_061 },
    { repository: undefined },
  ];
  for (const claims of wrong) {
    assert.equal(asked("octo/app=acme/site", claims), null, JSON.stringify(claims));
  }
  assert.equal(asked("octo/app@refs/heads/main=acme/site", { ref: undefined }), null);
});

Deno.test("one entry that cannot be read trusts nobody, and so does an issuer without https", () => {
  for (
    const trust of ["", "octo/app", "octo/app=acme/site, octo=acme/site", "*/*=acme/site", "*=acme/site"]
  ) {
    assert.equal(trusting(trust), null, trust);
  }
  const way = (issuer: string) =>
    readWorkloads({ SHOPFLOOR_OIDC_TRUST: "a/b=c/d", SHOPFLOOR_OIDC_ISSUER: issuer })?.issuer;
  assert.equal(way("http://ghes.example/token"), undefined);
  assert.equal(way("https://ghes.example/_services/token/"), "https://ghes.example/_services/token");
  assert.equal(way(""), ISSUER);
});
