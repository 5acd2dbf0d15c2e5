/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { personOfToken, type PersonTokenVariables, readPersonTokens, realmOf } from "./person_token.ts";

const SET: PersonTokenVariables = {
  SHOPFLOOR_OIDC_USER_ISSUER: "https://id.example/auth/realms/acme",
  SHOPFLOOR_OIDC_USER_AUDIENCE: "cli",
  SHOPFLOOR_OIDC_USER_ROLES: "email:ada@x.org=admin, a.b:c=approver, groups:*=operator, *=viewer",
};
const CLAIMS = { iss: SET.SHOPFLOOR_OIDC_USER_ISSUER, aud: "cli", exp: 1_000, sub: "s-1" };

function wayOf(variables: PersonTokenVariables = SET) {
  const way = readPersonTokens(variables);
  assert.ok(way.ok && way.value !== null);
  return way.value;
}

Deno.test("people's tokens are off without an issuer, and half set they name the variable to mend", () => {
  assert.deepEqual(readPersonTokens({ SHOPFLOOR_OIDC_USER_ROLES: "*=admin" }), { ok: true, value: null });
  for (
    const [name, value] of [
      ["SHOPFLOOR_OIDC_USER_ISSUER", "http://id.example/realms/acme"],
      ["SHOPFLOOR_OIDC_USER_ISSUER", "https://u:p@id.example"],
      ["SHOPFLOOR_OIDC_USER_AUDIENCE", " , "],
      ["SHOPFLOOR_OIDC_USER_ROLES", "*=viewer, admin"],
      ["SHOPFLOOR_OIDC_USER_ROLES", "roles:x=king"],
      ["SHOPFLOOR_OIDC_USER_ROLES", "ro les:x=admin"],
      ["SHOPFLOOR_OIDC_USER_ROLES", "roles:=admin"],
    ] as const
  ) {
    assert.deepEqual(readPersonTokens({ ...SET, [name]: value }), { ok: false, error: name }, value);
  }
});

Deno.test("the first rule whose claim has the value gives the role", () => {
  const roleOf = (claims: object) => {
    const person = personOfToken({ ...CLAIMS, ...claims }, wayOf(), 0);
    return person.ok ? person.value.role : person.error;
  };
  assert.equal(roleOf({}), "viewer");
  assert.equal(roleOf({ groups: ["any"] }), "operator");
  assert.equal(roleOf({ groups: [] }), "viewer");
  assert.equal(roleOf({ groups: ["any"], a: { b: ["c"] } }), "approver");
  assert.equal(roleOf({ "a.b": "c" }), "approver", "a claim may have a dot in its name");
  assert.equal(roleOf({ a: { b: ["C"] } }), "viewer", "values are exact");
  assert.equal(roleOf({ email: "ada@x.org" }), "viewer", "an address counts once it was verified");
  assert.equal(roleOf({ email: "ada@x.org", email_verified: true }), "admin");
});

Deno.test("a person is known by a verified address, else by what the issuer calls them", () => {
  const nameOf = (claims: object) => {
    const person = personOfToken({ ...CLAIMS, ...claims }, wayOf(), 0);
    return person.ok ? person.value.name : person.error;
  };
  assert.equal(nameOf({ email: "Bob@X.org", email_verified: true }), "mail:bob@x.org");
  assert.equal(nameOf({ email: "Bob@X.org" }), "oidc:s-1");
  assert.equal(nameOf({ email: "Bob@X.org", email_verified: "true" }), "oidc:s-1");
  assert.equal(nameOf({ sub: "a b" }), "token_malformed");
});

Deno.test("clocks may differ by a minute, not more", () => {
  const at = (claims: object, nowMs: number) => {
    const person = personOfToken({ ...CLAIMS, ...claims }, wayOf(), nowMs);
    return person.ok || person.error;
  };
  assert.equal(at({}, 1_059_999), true);
  assert.equal(at({}, 1_060_000), "token_expired");
  assert.equal(at({ nbf: 500 }, 440_000), true);
  assert.equal(at({ nbf: 500 }, 439_999), "token_not_yet_valid");
});

Deno.test("a realm's address has two parts, that of another issuer none", () => {
  assert.deepEqual(realmOf(wayOf()), {
    keycloakUrl: "https://id.example/auth",
    realm: "acme",
    clientId: "cli",
  });
  const other = wayOf({ ...SET, SHOPFLOOR_OIDC_USER_ISSUER: "https://accounts.example" });
  assert.deepEqual(realmOf(other), { keycloakUrl: "", realm: "", clientId: "" });
  assert.deepEqual(realmOf(null), { keycloakUrl: "", realm: "", clientId: "" });
});
