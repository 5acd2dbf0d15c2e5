/** A workflow of GitHub submits a task and registers a runner with its own token (Line 4.1, 4.2). */
import assert from "node:assert/strict";
import { startAccess } from "../fake/access.ts";
import { startPlane } from "../fake/plane.ts";

Deno.test({
  name: "workflows without a token of ours",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using issuer = await startAccess();
    await using plane = await startPlane({
      SHOPFLOOR_OIDC_ISSUER: issuer.url,
      SHOPFLOOR_OIDC_TRUST: "octo/app@refs/heads/main=o1/*",
      PUBLIC_URL: "https://line.example",
    });
    const base = "/api/owners/o1/projects/site";
    const line = {
      name: "L",
      stations: [{ id: "make", name: "make", trigger: { type: "dispatch_worker" } }],
    };
    for (const id of ["fix", "other"]) {
      assert.equal((await plane.call("PUT", `${base}/assembly-lines/${id}`, { body: line })).status, 200);
    }
    const token = (audience: string, claims: object = {}, more: object = {}) =>
      issuer.sign({
        claims: {
          aud: `https://line.example/p/o1/site${audience}`,
          repository: "octo/app",
          ref: "refs/heads/main",
          ...claims,
        },
        ...more,
      });
    const submit = async (bearer: string, lineId = "fix", project = base) => {
      const path = `${project}/assembly-lines/${lineId}/tasks`;
      const answer = await plane.call("POST", path, { token: bearer, body: { title: "t" } });
      return [answer.status, answer.json?.error?.code ?? answer.json?.status];
    };

    await t.step("with the line's address as audience it submits there, and nowhere else", async () => {
      const bearer = await token("/assembly-lines/fix");
      assert.deepEqual(await submit(bearer), [201, "queued"]);
      assert.deepEqual(await submit(bearer, "other"), [403, "token_locked_to_line"]);
      const register = await plane.call("POST", `${base}/runners`, { token: bearer, body: { name: "r" } });
      assert.equal(register.json.error.code, "missing_scope");
    });

    await t.step(
      "with the project's address it registers a runner, which works with its own token",
      async () => {
        const bearer = await token("");
        const register = await plane.call("POST", `${base}/runners`, { token: bearer, body: { name: "ci" } });
        assert.equal(register.status, 201);
        const polled = await plane.call("POST", `${base}/runners/jobs`, {
          token: register.json.token,
          body: {},
        });
        assert.equal(polled.json.jobs.length, 1);
        assert.deepEqual(await submit(bearer, "other"), [201, "queued"]);
        const made = await plane.call("POST", `${base}/tokens`, { token: bearer, body: { name: "x" } });
        assert.equal(made.json.error.code, "missing_scope");
        const poll = await plane.call("POST", `${base}/runners/jobs`, { token: bearer, body: {} });
        assert.equal(poll.json.error.code, "wrong_token_kind");
      },
    );

    await t.step("whoever is not trusted, or whose token does not hold, is nobody", async () => {
      const wrong = [
        await token("", { repository: "octo/evil" }),
        await token("", { ref: "refs/heads/dev" }),
        await token("", { aud: "https://line.example/p/o1/else" }),
        await token("", { iss: "https://evil.example" }),
        await token("", { exp: 1 }),
        await token("", {}, { isForged: true }),
        await token("", {}, { header: { alg: "HS256" } }),
        await token("", {}, { header: { kid: "made-up" } }),
      ];
      for (const bearer of wrong) assert.deepEqual(await submit(bearer), [401, "unauthenticated"]);
      const own = await token("", { aud: "https://line.example/p/o2/site" });
      assert.deepEqual(await submit(own, "fix", "/api/owners/o2/projects/site"), [401, "unauthenticated"]);
    });
  },
});
