/** People act with tokens of their own identity provider (Line 4.1), as the reference's command line has them. */
import assert from "node:assert/strict";
import { encode } from "../fake/access.ts";
import { startIssuer, type Wanted } from "../fake/issuer.ts";
import { startPlane } from "../fake/plane.ts";

Deno.test({
  name: "people with tokens of their own issuer",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using issuer = await startIssuer();
    await using plane = await startPlane({
      SHOPFLOOR_OIDC_USER_ISSUER: issuer.issuer,
      SHOPFLOOR_OIDC_USER_AUDIENCE: "agentics, other-client",
      SHOPFLOOR_OIDC_USER_ROLES:
        "realm_access.roles:line-admin=admin, realm_access.roles:line-operator=operator, groups:/look=viewer",
      SHOPFLOOR_OIDC_TRUST: "octo/app=o1/*",
    });
    const at = plane.project();
    const line = { name: "L", stations: [{ id: "make", name: "make" }] };
    await at.must(200, "PUT", "/assembly-lines/fix", { body: line });
    const submit = async (wanted: Wanted) => {
      const token = await issuer.token(wanted);
      const { status, json } = await at.call("POST", "/assembly-lines/fix/tasks", {
        token,
        body: { title: "t" },
      });
      return [status, json?.error?.code ?? "done"];
    };

    await t.step("a person submits and registers a runner, with either kind of key", async () => {
      assert.deepEqual(await submit({}), [201, "done"]);
      assert.deepEqual(await submit({ alg: "ES256" }), [201, "done"]);
      assert.deepEqual(await submit({ claims: { azp: undefined, aud: ["x", "other-client"] } }), [
        201,
        "done",
      ]);
      const token = await issuer.token();
      const made = await at.call("POST", "/runners", { token, body: { name: "laptop" } });
      assert.equal(made.status, 201);
      const refused = await at.call("PUT", "/assembly-lines/fix", { token, body: line });
      assert.equal(refused.json.error.code, "missing_scope", "an operator keeps no lines");
      const admin = await issuer.token({ claims: { realm_access: { roles: ["line-admin"] } } });
      await at.must(200, "PUT", "/assembly-lines/fix", { token: admin, body: line });
      assert.deepEqual(await submit({ claims: { realm_access: {}, groups: ["/look"] } }), [
        403,
        "missing_scope",
      ]);
      assert.deepEqual(issuer.fetches, { description: 1, keys: 1 }, "keys are kept");
    });

    await t.step("whoever's token does not hold is told why, and is nobody", async () => {
      const rows: [string, Wanted, number, string][] = [
        ["another issuer", { claims: { iss: "https://evil.example" } }, 401, "token_issuer_refused"],
        ["no issuer", { claims: { iss: undefined } }, 401, "token_malformed"],
        ["another audience", { claims: { azp: "else", aud: ["account"] } }, 401, "token_audience_refused"],
        ["over", { claims: { exp: 1 } }, 401, "token_expired"],
        ["without an end", { claims: { exp: undefined } }, 401, "token_malformed"],
        ["not yet", { claims: { nbf: 9_999_999_999 } }, 401, "token_not_yet_valid"],
        ["a stranger's key", { isForged: true }, 401, "token_signature_refused"],
        ["a key of no name", { header: { kid: "made-up" } }, 401, "token_signature_refused"],
        ["a key of the other kind", { header: { kid: "key-ES256" } }, 401, "token_signature_refused"],
        ["HS256", { header: { alg: "HS256" } }, 401, "token_algorithm_refused"],
        ["none", { header: { alg: "none" } }, 401, "token_algorithm_refused"],
        ["no role", { claims: { realm_access: { roles: ["else"] } } }, 403, "token_without_role"],
      ];
      for (const [what, wanted, status, code] of rows) {
        assert.deepEqual(await submit(wanted), [status, code], what);
      }
      const claims = { iss: issuer.issuer, azp: "agentics", sub: "s", exp: 9_999_999_999 };
      const unsigned = `${encode({ alg: "none", typ: "JWT" })}.${encode(claims)}.`;
      const answer = await at.call("GET", "/assembly-lines", { token: unsigned });
      assert.deepEqual([answer.status, answer.json.error.code], [401, "token_algorithm_refused"]);
      assert.ok(!answer.text.includes(unsigned), "nothing of a token is repeated");
    });

    await t.step("programs are told where people sign in, and operators that they need not", async () => {
      const { json } = await plane.call("GET", "/api/lives/auth-config", { token: null });
      assert.deepEqual(json, {
        authRequired: false,
        keycloakUrl: issuer.url,
        realm: "acme",
        clientId: "agentics",
      });
    });
  },
});

Deno.test({
  name: "an issuer whose keys cannot be had",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using issuer = await startIssuer();
    issuer.isOther = true;
    await using plane = await startPlane({
      SHOPFLOOR_OIDC_USER_ISSUER: issuer.issuer,
      SHOPFLOOR_OIDC_USER_AUDIENCE: "agentics",
      SHOPFLOOR_OIDC_USER_ROLES: "*=admin",
    });
    const at = plane.project();
    for (let n = 0; n < 3; n++) {
      const answer = await at.call("GET", "/assembly-lines", { token: await issuer.token() });
      assert.deepEqual([answer.status, answer.json.error.code], [503, "token_keys_unavailable"]);
    }
    assert.deepEqual(
      issuer.fetches,
      { description: 1, keys: 0 },
      "a description of another issuer names no keys",
    );
  },
});
