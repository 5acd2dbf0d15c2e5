/** Asks at the whole Worker (Autonomy 19.3): made by programs, answered on every surface, and their refusals on the wire. */
import assert from "node:assert/strict";
import { verifyChain } from "../../protocol/autonomy/audit_chain.ts";
import { BARE_LINK_BODY } from "../../tools/demo/bare_link_policy.ts";
import { startPlane, type TestProject } from "../fake/plane.ts";
import { GATED_LINE, putLine, report, submit, take } from "../worker/work_fixture.ts";
import { until } from "../worker/until.ts";

const SCHEMA = { type: "object", properties: { way: { enum: ["left", "right"] } }, required: ["way"] };

Deno.test({
  name: "asks at the whole Worker",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    let keys = 0;

    async function stage() {
      const at = plane.project();
      await putLine(at, GATED_LINE);
      const edge = await at.register("edge");
      const token = async (name: string, scopes: string[]) =>
        (await at.must(201, "POST", "/tokens", { body: { name, scopes } })).token as string;
      return {
        at,
        edge,
        runner: edge.token,
        ada: await token("ada", ["tasks:read", "gates:decide"]),
        bob: await token("bob", ["tasks:read", "gates:decide"]),
        viewer: await token("viewer", ["tasks:read"]),
        operator: await token("operator", ["tasks:read", "tasks:write"]),
      };
    }
    const askOf = (at: TestProject, more: object = {}) => ({
      install: `${at.owner}/${at.project}`,
      ask: "decide",
      title: "Which way?",
      in: { situation: "a fork" },
      decision_schema: SCHEMA,
      completion: { ac: "a way" },
      ...more,
    });
    const make = async (at: TestProject, token: string, more: object = {}, key = `k${++keys}`) =>
      await plane.call("POST", "/v1/gates", {
        token,
        body: askOf(at, more),
        headers: { "idempotency-key": key },
      });
    const act = (id: string, what: string, token: string | null, body: object = {}, headers = {}) =>
      plane.call("POST", `/v1/gates/${id}/${what}`, { token, body, headers });
    const codeOf = (answer: { status: number; json: { error?: { code: string } } }) =>
      `${answer.status} ${answer.json.error?.code ?? "ok"}`;

    await t.step("a runner makes an ask once per key; the same request again has the same body", async () => {
      const { at, runner, viewer } = await stage();
      const first = await make(at, runner, {}, "one");
      assert.equal(first.status, 201, first.text);
      const again = await make(at, runner, {}, "one");
      assert.deepEqual([again.status, again.text], [200, first.text]);
      assert.equal(codeOf(await make(at, runner, { title: "Other" }, "one")), "422 idempotency_key_reused");
      assert.notEqual((await make(at, runner, {}, "two")).json.gate_id, first.json.gate_id);
      const keyless = await plane.call("POST", "/v1/gates", { token: runner, body: askOf(at) });
      assert.equal(codeOf(keyless), "400 missing_idempotency_key");
      assert.equal(codeOf(await make(at, viewer)), "403 missing_scope");
      assert.equal(codeOf(await make(at, "sf_user_00000000_".padEnd(60, "A"))), "401 unauthenticated");
      const elsewhere = plane.project();
      assert.equal(codeOf(await make(elsewhere, runner)), "401 unauthenticated");
    });

    await t.step("an ask that could never be answered rightly is refused before it is made", async () => {
      const { at, runner } = await stage();
      const field = async (more: object) => {
        const { status, json } = await make(at, runner, more);
        return [status, json.error.issues?.[0]?.path];
      };
      assert.deepEqual(await field({ ask: "approve" }), [400, "subject"]);
      assert.deepEqual(await field({ decision_schema: { type: "nonsense", $ref: "#/none" } }), [
        400,
        "decision_schema",
      ]);
      assert.deepEqual(await field({ completion: undefined }), [400, "completion"]);
      assert.deepEqual(await field({ clocks: { on_expiry: "approve" } }), [400, "clocks.on_expiry"]);
      assert.deepEqual(await field({ clocks: { expires_at: "2020-01-01T00:00:00Z" } }), [
        400,
        "clocks.expires_at",
      ]);
      assert.deepEqual(await field({ policy: "none" }), [400, "policy"]);
      assert.deepEqual(await field({ ask: "inform" }), [400, "to"]);
      const anybody = { ask: "inform", completion: undefined, to: ["user:ada", "mail:anybody@example.org"] };
      assert.deepEqual(
        await field(anybody),
        [400, "to.1"],
        "programs send no mail of ours to whom they like",
      );
    });

    await t.step(
      "a person answers, the runner reads it and posts its receipt, and the chain holds",
      async () => {
        const { at, runner, ada, bob, viewer } = await stage();
        const { gate_id: id } = (await make(at, runner)).json;
        const seen = (await plane.call("GET", `/v1/gates/${id}`, { token: ada })).json;
        assert.deepEqual([seen.state, seen.seq, seen.ask, seen.requested_by], [
          "open",
          1,
          "decide",
          "runner:edge",
        ]);
        assert.ok(seen.may.includes("redeem") && !seen.may.includes("cancel"));
        assert.equal(codeOf(await act(id, "redeem", viewer, { out: { way: "left" } })), "403 missing_scope");
        assert.equal(codeOf(await act(id, "redeem", runner, { out: { way: "left" } })), "403 not_candidate");
        const bad = await act(id, "redeem", ada, { out: { way: "up" } });
        assert.equal(codeOf(bad), "422 out_invalid");
        assert.deepEqual([bad.json.error.gate, bad.json.error.state, bad.json.error.seq], [id, "open", 1]);
        assert.equal(
          codeOf(await act(id, "redeem", ada, { out: { way: "left" }, expected_seq: 9 })),
          "409 stale_seq",
        );
        assert.equal(
          codeOf(await act(id, "ack", ada, { seen_digest: seen.in_digest, read_back: "a fork" })),
          "200 ok",
        );
        const waiting = plane.call("GET", `/v1/gates/${id}?after_seq=2&wait=20`, { token: runner });
        const headers = { "idempotency-key": "answer" };
        const done = await act(id, "redeem", ada, { out: { way: "left" }, expected_seq: 2 }, headers);
        assert.equal(done.json.state, "verified", done.text);
        assert.deepEqual((await waiting).json.outcome.out, { way: "left" });
        const again = await act(id, "redeem", ada, { out: { way: "left" }, expected_seq: 2 }, headers);
        assert.deepEqual([again.status, again.text], [200, done.text]);
        const late = await act(id, "redeem", bob, { out: { way: "right" } });
        assert.equal(codeOf(late), "409 gate_already_resolved");
        assert.deepEqual([late.json.error.outcome.by, late.json.error.outcome.out], ["user:ada", {
          way: "left",
        }]);
        assert.equal((await act(id, "consume", runner)).json.consumed.by, "runner:edge");
        const log = await plane.call("GET", `/v1/gates/${id}/audit`, { token: viewer });
        const verdict = verifyChain(log.json.entries);
        assert.ok(verdict.isWhole && verdict.head === log.json.head, log.text);
        const types = log.json.entries.map((one: { type: string }) => one.type);
        for (
          const type of [
            "gate.armed",
            "gate.viewed",
            "gate.acked",
            "gate.answered",
            "gate.verified",
            "gate.consumed",
          ]
        ) {
          assert.ok(types.includes(type), type);
        }
      },
    );

    await t.step(
      "an operator pauses, supersedes and cancels; a judge's verdict opens it again or ends it",
      async () => {
        const { at, runner, ada, operator } = await stage();
        const check = { completion: { ac: "a way", check: "judge" } };
        const { gate_id: id } = (await make(at, runner, check)).json;
        assert.equal((await act(id, "pause", operator)).json.paused, true);
        assert.equal((await act(id, "resume", operator)).json.paused, false);
        assert.equal((await act(id, "redeem", ada, { out: { way: "left" } })).json.state, "answered");
        const judged = (token: string, passed: boolean) =>
          act(id, "check", token, { by: "judge", passed, reason: "no" });
        assert.equal(codeOf(await judged(runner, true)), "403 self_approval");
        assert.equal((await judged(operator, false)).json.state, "open");
        assert.equal((await act(id, "redeem", ada, { out: { way: "right" } })).json.state, "answered");
        assert.equal((await judged(operator, true)).json.state, "verified");
        const other = (await make(at, runner, {
          ask: "approve",
          decision_schema: undefined,
          subject: { ref: "r", rev: "1" },
        })).json;
        assert.equal(codeOf(await act(other.gate_id, "cancel", ada)), "403 not_candidate");
        const gone = (await act(other.gate_id, "supersede", operator, { subject_rev: "2" })).json;
        assert.equal(gone.state, "superseded");
        const late = await act(other.gate_id, "redeem", ada, { decision: "approve" });
        assert.equal(codeOf(late), "410 gate_superseded");
        assert.ok(late.json.error.message.includes(gone.superseded_by), late.text);
        const next = await until("the ask about the new revision must be there", async () => {
          const seen = await plane.call("GET", `/v1/gates/${gone.superseded_by}`, { token: runner });
          return seen.status === 200 ? seen.json : null;
        });
        assert.deepEqual([next.state, next.subject.rev, next.origin.supersedes, next.title], [
          ...["open", "2", other.gate_id, "Which way?"],
        ]);
        const approve = { decision: "approve", subject_rev: "2" };
        assert.equal((await act(next.gate_id, "redeem", ada, approve)).json.state, "verified");
        const last = (await make(at, runner, {
          ask: "approve",
          decision_schema: undefined,
          subject: { ref: "r", rev: "1" },
        })).json.gate_id;
        const over = (await act(last, "supersede", runner, { subject_rev: "2", in_scope: false })).json;
        assert.deepEqual([over.state, over.superseded_by], ["superseded", null]);
        const third = (await make(at, runner)).json.gate_id;
        assert.equal((await act(third, "cancel", operator, { reason: "no need" })).json.state, "cancelled");
        assert.equal((await act(third, "cancel", operator, { reason: "again" })).status, 200);
        assert.equal(codeOf(await act(third, "redeem", ada, { out: { way: "left" } })), "410 gate_cancelled");
      },
    );

    await t.step("an agent's own token is nobody to an ask, nor is anybody of another project", async () => {
      const { at, edge, runner, ada } = await stage();
      await submit(at);
      const job = await take(at, edge);
      const { gate_id: id } = (await make(at, runner)).json;
      for (const token of [job.jobToken!, (await stage()).ada]) {
        const seen = await plane.call("GET", `/v1/gates/${id}`, { token });
        assert.ok(seen.status === 401 || seen.status === 403, seen.text);
        assert.ok((await act(id, "redeem", token, { out: { way: "left" } })).status >= 401);
      }
      assert.equal((await plane.call("GET", `/v1/gates/${id}`, { token: null })).status, 401);
      assert.equal(
        codeOf(await plane.call("GET", `/v1/gates/${"0".repeat(26)}`, { token: ada })),
        "404 gate_not_found",
      );
    });

    async function atGate(documents = true) {
      const all = await stage();
      const { at } = all;
      if (documents) await at.must(200, "PUT", "/people", { body: BARE_LINK_BODY });
      const taskId = await submit(at);
      await take(at, all.edge);
      await report(at, all.edge, { jobResult: "success" });
      const gate = `/stages/line/tasks/${taskId}/gates/review`;
      const link = async () => new URL((await at.must(201, "POST", `${gate}/link`)).url).hash.slice(1);
      return { ...all, taskId, gate, link };
    }

    await t.step(
      "a line's gate is answered by curl with the link alone where the policy says so",
      async () => {
        const { at, taskId, link, gate, ada } = await atGate();
        const forBob = await at.call("POST", `${gate}/link`, { token: ada, body: { holder: "user:bob" } });
        assert.equal(codeOf(forBob), "403 not_candidate");
        const token = await link();
        const seen = (await plane.call("GET", "/v1/gate", { token })).json;
        const id = seen.gate_id;
        assert.equal((await plane.call("GET", `/v1/gates/${id}`, { token })).json.state, "open");
        for (const method of ["GET", "HEAD", "OPTIONS"]) {
          for (const path of [`/v1/gates/${id}/redeem`, "/v1/gate/redeem", "/g"]) {
            const looked = await fetch(plane.url + path, {
              method,
              headers: { authorization: `Bearer ${token}` },
            });
            await looked.body?.cancel();
          }
        }
        assert.equal((await at.must(200, "GET", `/tasks/${taskId}`)).status, "awaiting_review");
        const { json: again } = await plane.call("GET", `/v1/gates/${id}`, { token });
        assert.deepEqual({ ...again, audit_head: seen.audit_head }, seen, "each look is in the audit");
        const done = await act(id, "redeem", token, { decision: "approve", comment: "fine" });
        assert.equal(done.json.state, "verified", done.text);
        assert.equal((await at.must(200, "GET", `/tasks/${taskId}`)).pendingGateId ?? null, null);
        const repeat = await act(id, "redeem", token, { decision: "approve", comment: "fine" });
        assert.equal(repeat.text, done.text);
        assert.equal(
          codeOf(await act(id, "redeem", token, { decision: "reject" })),
          "409 gate_already_resolved",
        );
        const line = await at.call("POST", gate, { token: ada, body: { action: "reject" } });
        assert.equal(codeOf(line), "409 gate_already_resolved");
        const { entries } = await at.must(200, "GET", `/tasks/${taskId}/timeline`);
        assert.ok(entries.some((one: { kind: string }) => one.kind === "gate_decided"));
      },
    );

    await t.step("without documents a link alone does not answer, and a signed-in person does", async () => {
      const { at, taskId, link, gate, ada } = await atGate(false);
      const token = await link();
      const refused = await plane.call("POST", "/v1/gate/redeem", { token, body: { decision: "approve" } });
      assert.equal(codeOf(refused), "401 identity_required");
      const decided = await at.must(200, "POST", gate, {
        token: ada,
        body: { action: "approve", reason: "" },
      });
      assert.equal(decided.state.outcome.decidedBy, "user:ada");
      assert.notEqual((await at.must(200, "GET", `/tasks/${taskId}`)).status, "awaiting_review");
    });

    await t.step(
      "the head of the chain is on the timeline of a task that has ended, which stays ended",
      async () => {
        const { at, taskId, link, edge } = await atGate();
        const token = await link();
        const id = (await plane.call("GET", "/v1/gate", { token })).json.gate_id;
        assert.equal((await act(id, "redeem", token, { decision: "approve" })).status, 200);
        await take(at, edge);
        await report(at, edge, { jobResult: "success" });
        assert.equal((await at.must(200, "GET", `/tasks/${taskId}`)).status, "completed");
        const { head, links } = (await plane.call("GET", `/v1/gates/${id}/audit`)).json;
        await plane.rpc("HUMAN_GATE", id, "advanceClock", 25 * 3_600_000);
        const timeline = async () => (await at.must(200, "GET", `/tasks/${taskId}/timeline`)).entries;
        const entry = (await timeline()).find((one: { kind: string }) => one.kind === "gate_audit");
        assert.equal(entry?.detail, `${id}: ${links} links, head ${head}`);
        await plane.evict("JOB_QUEUE", at.queueName);
        assert.equal((await at.must(200, "GET", `/tasks/${taskId}`)).status, "completed");
        assert.ok((await timeline()).some((one: { kind: string }) => one.kind === "gate_audit"));
      },
    );

    await t.step(
      "a policy that binds the revision takes the decision of who names it, with the role",
      async () => {
        const { at, edge, ada, bob } = await stage();
        const documents = {
          people: [{ name: "ada", roles: ["lead"] }, { name: "bob" }],
          policies: [{ name: "bound", auth: "token+identity+role@rev", requiredRole: "lead" }],
          gates: [{ line: "*", gate: "*", policy: "bound" }],
        };
        await at.must(200, "PUT", "/people", { body: { documents } });
        const taskId = await submit(at);
        await take(at, edge);
        await report(at, edge, { jobResult: "success" });
        const gate = `/stages/line/tasks/${taskId}/gates/review`;
        const decide = (token: string, body: object) =>
          at.call("POST", gate, { token, body: { action: "approve", ...body } });
        assert.equal(codeOf(await decide(bob, { subjectRev: "none" })), "403 role_insufficient");
        assert.equal(codeOf(await decide(ada, {})), "412 stale_subject");
        assert.equal(codeOf(await decide(ada, { subjectRev: "0".repeat(40) })), "412 stale_subject");
        assert.equal(codeOf(await decide(ada, { subjectRev: "none" })), "200 ok");
      },
    );

    await t.step(
      "a decision that meets a task on its way elsewhere is refused, and changes nothing",
      async () => {
        const { at, taskId, link } = await atGate();
        const token = await link();
        const id = (await plane.call("GET", "/v1/gate", { token })).json.gate_id;
        const [moved, decided] = await Promise.all([
          at.call("POST", `/tasks/${taskId}/cancel`, { body: { reason: "enough" } }),
          act(id, "redeem", token, { decision: "approve" }),
        ]);
        const task = await at.must(200, "GET", `/tasks/${taskId}`);
        if (moved.status === 200 && task.status === "failed") {
          assert.ok(["410 gate_cancelled", "200 ok"].includes(codeOf(decided)), decided.text);
          if (decided.status === 200) assert.equal(decided.json.state, "verified");
        }
        const after = await act(id, "redeem", token, { decision: "reject" });
        assert.ok(["410 gate_cancelled", "409 gate_already_resolved"].includes(codeOf(after)), after.text);
      },
    );
  },
});
