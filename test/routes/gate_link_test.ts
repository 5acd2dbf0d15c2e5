/** Links to asks, as people make them over HTTP: for whom, by whom, and what they do not get around. */
import assert from "node:assert/strict";
import { BARE_LINK_BODY } from "../../tools/demo/bare_link_policy.ts";
import { startPlane, type TestProject } from "../fake/plane.ts";
import { GATED_LINE, putLine, report, submit, take } from "../worker/work_fixture.ts";

const SCOPES = {
  decider: ["tasks:read", "gates:decide"],
  operator: ["tasks:read", "tasks:write"],
  both: ["tasks:read", "tasks:write", "gates:decide"],
};

Deno.test({
  name: "links to asks",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    let keys = 0;

    async function stage() {
      const at = plane.project();
      await putLine(at, GATED_LINE);
      // Links answer alone here: whatever a link may not do, no sign-in beside it forbids.
      await at.must(200, "PUT", "/people", { body: BARE_LINK_BODY });
      const token = async (name: string, scopes: readonly string[]) =>
        (await at.must(201, "POST", "/tokens", { body: { name, scopes } })).token as string;
      return {
        at,
        runner: (await at.register("edge")).token,
        ada: await token("ada", SCOPES.decider),
        operator: await token("operator", SCOPES.operator),
        asker: await token("asker", SCOPES.both),
      };
    }
    const make = async (at: TestProject, token: string, more: object = {}): Promise<string> => {
      const made = await plane.call("POST", "/v1/gates", {
        token,
        body: { install: at.queueName, ask: "decide", completion: { ac: "a way" }, ...more },
        headers: { "idempotency-key": `k${++keys}` },
      });
      assert.equal(made.status, 201, made.text);
      return made.json.gate_id;
    };
    const link = (id: string, token: string | null, body: object = {}) =>
      plane.call("POST", `/v1/gates/${id}/link`, { token, body });
    const tokenIn = (answer: { json: { url: string } }) => new URL(answer.json.url).hash.slice(1);
    const redeem = (id: string, token: string) =>
      plane.call("POST", `/v1/gates/${id}/redeem`, { token, body: { decision: "approve" } });
    const codeOf = (answer: { status: number; json: { error?: { code: string } } }) =>
      `${answer.status} ${answer.json.error?.code ?? "ok"}`;

    await t.step("who may decide makes a link for themselves, and it answers", async () => {
      const { at, runner, ada } = await stage();
      const id = await make(at, runner);
      const made = await link(id, ada);
      assert.equal(made.status, 201, made.text);
      assert.ok(Date.parse(made.json.expires_at) > Date.now());
      const done = await redeem(id, tokenIn(made));
      assert.deepEqual([done.status, done.json.outcome?.by], [200, "user:ada"], done.text);
      const { entries } = (await plane.call("GET", `/v1/gates/${id}/audit`, { token: ada })).json;
      const issued = entries.find(({ type }: { type: string }) => type === "grant.issued");
      assert.deepEqual([issued.by, issued.detail.holder], ["user:ada", "user:ada"]);
      assert.equal(codeOf(await link(id, ada)), "409 gate_already_resolved");
    });

    await t.step("a newer link of the same holder replaces the one before", async () => {
      const { at, runner, ada } = await stage();
      const id = await make(at, runner);
      const first = await link(id, ada);
      await link(id, ada);
      assert.equal(codeOf(await redeem(id, tokenIn(first))), "410 token_superseded");
    });

    await t.step("the admin makes links for anybody, others do not", async () => {
      const { at, runner, ada } = await stage();
      const id = await make(at, runner);
      assert.equal(codeOf(await link(id, ada, { holder: "user:bob" })), "403 not_candidate");
      const made = await plane.call("POST", `/v1/gates/${id}/link`, { body: { holder: "user:bob" } });
      assert.equal(made.status, 201, made.text);
      assert.equal((await redeem(id, tokenIn(made))).json.outcome?.by, "user:bob");
    });

    await t.step("an operator who asked cannot approve by a link, with whatever scopes", async () => {
      const { at, asker, operator } = await stage();
      const own = await make(at, operator);
      assert.equal(codeOf(await link(own, operator)), "403 missing_scope");
      const id = await make(at, asker);
      assert.equal(codeOf(await link(id, asker)), "403 self_approval");
      assert.equal(codeOf(await link(id, asker, { holder: "user:bob" })), "403 self_approval");
      const byAdmin = await plane.call("POST", `/v1/gates/${id}/link`, { body: { holder: "user:asker" } });
      assert.equal(codeOf(byAdmin), "403 self_approval");
      const view = await plane.call("GET", `/v1/gates/${id}`, { token: asker });
      assert.deepEqual([view.json.state, view.json.seq], ["open", 1]);
      const { entries } = (await plane.call("GET", `/v1/gates/${id}/audit`, { token: asker })).json;
      const tried = entries.filter(({ type }: { type: string }) => type === "attempt.link");
      assert.deepEqual(tried.map(({ by }: { by: string }) => by), ["user:asker", "user:asker", "user:admin"]);
    });

    await t.step("who is excluded, no candidate, a runner, a link or nobody makes none", async () => {
      const { at, runner, ada } = await stage();
      assert.equal(
        codeOf(await link(await make(at, runner, { exclude: ["user:ada"] }), ada)),
        "403 self_approval",
      );
      const named = await make(at, runner, { candidates: { users: ["user:bob"] } });
      assert.equal(codeOf(await link(named, ada)), "403 not_candidate");
      const id = await make(at, runner);
      assert.equal(codeOf(await link(id, runner)), "403 not_candidate");
      const made = await link(id, ada);
      assert.equal(codeOf(await link(id, tokenIn(made))), "403 not_candidate");
      assert.equal(codeOf(await link(id, null)), "401 unauthenticated");
      assert.equal((await redeem(id, tokenIn(made))).status, 200, "the refused ones replaced nothing");
    });

    await t.step("a line's gate refuses alike", async () => {
      const { at, ada } = await stage();
      await at.must(200, "PUT", "/people", {
        body: {
          documents: {
            people: [{ name: "ada" }],
            policies: [{ name: "strict", auth: "token", exclude: ["user:ada"] }],
            gates: [{ line: "*", gate: "*", policy: "strict" }],
          },
        },
      });
      const runner = await at.register("ada-runner");
      const taskId = await submit(at);
      await take(at, runner);
      await report(at, runner, { jobResult: "success" });
      const path = `/stages/line/tasks/${taskId}/gates/review/link`;
      assert.equal(codeOf(await at.call("POST", path, { token: ada })), "403 self_approval");
      const made = await at.must(201, "POST", path, { body: { holder: "user:bob" } });
      assert.ok(made.url.includes("/g#oag1.") && made.expiresAt !== undefined);
    });
  },
});
