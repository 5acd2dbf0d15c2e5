/** What a run asks people in the whole Worker: asked once, answered by people alone, heard by the run, and its ends. */
import assert from "node:assert/strict";
import { startPlane } from "../fake/plane.ts";
import { putLine, report, station, submit, take } from "../worker/work_fixture.ts";
import { until } from "../worker/until.ts";

const MINUTE_MS = 60_000;
const DOCUMENTS = {
  people: [{ name: "ada", roles: ["approver"], groups: ["leads"], identities: ["github:ada"] }],
  policies: [
    { name: "leads", levels: [{ to: ["group:leads"], leaveAfterMinutes: 30 }] },
    { name: "hasty", clocks: { expireMinutes: 1, onExpiry: "cancel" } },
  ],
  gates: [{ line: "@pipeline_gate", gate: "*", policy: "leads" }],
};

Deno.test({
  name: "questions of a run at the whole Worker",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();

    async function stage(trigger: object = {}) {
      const at = plane.project();
      await putLine(at, { name: "L", stations: [station("make", trigger)] });
      const runner = await at.register("ada-runner");
      const taskId = await submit(at);
      const job = await take(at, runner);
      const path = (id = "") => `/runs/${job.runId}/questions${id === "" ? "" : `/${id}`}`;
      const { token } = runner;
      return {
        at,
        runner,
        taskId,
        job,
        path,
        ask: (id: string, change: object = {}, by: string | null = token) =>
          at.call("POST", path(), {
            token: by,
            body: {
              id,
              kind: "pause",
              stepId: "review",
              message: "Go on?",
              detail: "All is green.",
              ...change,
            },
          }),
        read: (id: string, wait = 0, by = token) =>
          at.call("GET", path(id), { token: by, headers: wait === 0 ? {} : { prefer: `wait=${wait}` } }),
        redeem: (askId: string, body: object, by?: string) =>
          plane.call("POST", `/v1/gates/${askId}/redeem`, {
            body,
            ...(by === undefined ? {} : { token: by }),
          }),
        gate: async (askId: string) => (await plane.call("GET", `/v1/gates/${askId}`)).json,
      };
    }

    await t.step("a run asks, a person answers, and who waits hears of it", async () => {
      const { at, ask, read, redeem, gate, taskId, job, path } = await stage();
      const asked = await ask("q1");
      assert.equal(asked.status, 201, asked.text);
      const { askId } = asked.json;
      assert.deepEqual([asked.json.status, asked.json.text], ["pending", null]);
      const shown = await gate(askId);
      assert.deepEqual([shown.ask, shown.origin.kind, shown.in.message, shown.in.detail], [
        "approve",
        "pipeline_gate",
        "Go on?",
        "All is green.",
      ]);
      const waiting = read("q1", 25);
      const answered = await redeem(askId, { decision: "approve", comment: "as agreed" });
      assert.equal(answered.status, 200, answered.text);
      const heard = (await waiting).json;
      assert.deepEqual([heard.status, heard.text, heard.reason], ["answered", "as agreed", null]);
      assert.match(heard.decidedBy, /^user:/);
      assert.equal((await gate(askId)).consumed.by, "queue", "the run took it");
      const again = (await ask("q1")).json;
      assert.deepEqual(again, heard, "the next life of the runner finds the answer");
      assert.deepEqual((await at.must(200, "GET", path())).questions, [heard]);
      const { entries } = await at.must(200, "GET", `/tasks/${taskId}/timeline`);
      const kinds = (entries as { kind: string; runId: string }[]).filter(({ runId }) => runId === job.runId)
        .map(({ kind }) => kind);
      assert.deepEqual(kinds.filter((kind) => kind.startsWith("question_")), [
        "question_asked",
        "question_ended",
      ]);
    });

    await t.step("the same id is the same question, and with other words it is refused", async () => {
      const { ask } = await stage();
      const [one, two] = await Promise.all([ask("q1"), ask("q1")]);
      assert.equal(one.json.askId, two.json.askId);
      const other = await ask("q1", { detail: "Something else." });
      assert.deepEqual([other.status, other.json.error.code], [409, "question_differs"]);
    });

    await t.step("a text that is to go on is a person's, or stays; a rejection says why", async () => {
      const { ask, read, redeem } = await stage();
      const modify = (id: string) => ask(id, { kind: "modify" });
      const said = (await modify("q1")).json.askId;
      assert.equal(
        (await redeem(said, { decision: "approve", out: { decision: "approve", text: "new" } })).status,
        200,
      );
      assert.deepEqual((await read("q1")).json.text, "new");
      const kept = (await modify("q2")).json.askId;
      assert.equal((await redeem(kept, { decision: "approve", comment: "fine" })).status, 200);
      const asItIs = (await read("q2")).json;
      assert.deepEqual([asItIs.status, asItIs.text], ["answered", null]);
      const no = (await modify("q3")).json.askId;
      assert.equal((await redeem(no, { decision: "reject", comment: "start again" })).status, 200);
      const refused = (await read("q3")).json;
      assert.deepEqual([refused.status, refused.text, refused.reason], ["rejected", null, "start again"]);
    });

    await t.step("what an agent asks is answered in words, and by nothing else", async () => {
      const { ask, read, redeem, gate } = await stage();
      const { askId } = (await ask("q1", { kind: "tool_question", message: "Which colour?" })).json;
      assert.equal((await gate(askId)).ask, "decide");
      for (
        const body of [{ decision: "approve" }, { out: {} }, { out: { text: "" } }, { out: { text: 1 } }]
      ) {
        const refused = await redeem(askId, body);
        assert.ok(refused.status >= 400 && refused.status < 500, JSON.stringify(body));
      }
      assert.equal((await read("q1")).json.status, "pending");
      assert.equal((await redeem(askId, { out: { text: "blue" } })).status, 200);
      assert.deepEqual((await read("q1")).json.text, "blue");
    });

    await t.step(
      "neither the run nor its runner answers, and nobody else's runner asks or looks",
      async () => {
        const { at, ask, read, redeem, runner, job, path } = await stage();
        const { askId } = (await ask("q1")).json;
        assert.ok(job.jobToken !== undefined, "a run has a token of its own");
        for (const token of [runner.token, job.jobToken]) {
          const refused = await redeem(askId, { decision: "approve" }, token);
          assert.ok(refused.status === 401 || refused.status === 403, refused.text);
        }
        const asRun = [await read("q1", 0, job.jobToken), await ask("q1", {}, job.jobToken)];
        assert.deepEqual(asRun.map(({ status }) => status), [403, 403]);
        const other = await at.register("other-runner");
        const codes = await Promise.all([
          ask("q2", {}, other.token),
          read("q1", 0, other.token),
          at.call("DELETE", path("q1"), { token: other.token }),
        ]);
        assert.deepEqual(codes.map(({ json }) => json.error.code), Array(3).fill("not_your_runner"));
        const byPerson = await Promise.all([
          at.call("POST", path(), { body: { id: "q3", kind: "pause", stepId: "s" } }),
          at.call("DELETE", path("q1")),
        ]);
        assert.deepEqual(byPerson.map(({ status }) => status), [403, 403]);
        assert.equal((await ask("q4", {}, null)).status, 401);
        assert.equal((await read("q1")).json.status, "pending");
        assert.equal((await read("nobodys")).json.error.code, "question_not_found");
      },
    );

    await t.step("its own time makes it expired; an answer that comes later has no effect", async () => {
      const { at, ask, read, redeem } = await stage();
      const { askId, expiresAt } = (await ask("q1", { expiresInMs: MINUTE_MS })).json;
      assert.ok(expiresAt !== null);
      await at.advance(MINUTE_MS);
      assert.deepEqual((await read("q1")).json.status, "expired");
      const late = await redeem(askId, { decision: "approve" });
      assert.ok(late.status === 409 || late.status === 410, late.text);
      assert.deepEqual((await read("q1")).json.status, "expired");
    });

    await t.step(
      "the clock of the ask says the same of its own time, and of its policy's it is a rejection",
      async () => {
        const { at, ask, read } = await stage();
        const own = (await ask("own", { expiresInMs: MINUTE_MS })).json.askId;
        await plane.rpc("HUMAN_GATE", own, "advanceClock", MINUTE_MS);
        await until(
          "the queue must hear of it",
          async () => (await read("own")).json.status !== "pending" || null,
        );
        assert.equal((await read("own")).json.status, "expired");
        const gates = [{ line: "@pipeline_gate", gate: "*", policy: "hasty" }];
        await at.must(200, "PUT", "/people", { body: { documents: { ...DOCUMENTS, gates } } });
        const policy = (await ask("policy", { expiresInMs: 60 * MINUTE_MS })).json.askId;
        await plane.rpc("HUMAN_GATE", policy, "advanceClock", 2 * MINUTE_MS);
        await until(
          "the queue must hear of it",
          async () => (await read("policy")).json.status !== "pending" || null,
        );
        const { status, text, reason } = (await read("policy")).json;
        assert.deepEqual([status, text, reason], ["rejected", null, "nobody answered in time"]);
      },
    );

    await t.step("an ask that somebody takes back, or whose subject is another, is a rejection", async () => {
      const { ask, read } = await stage();
      for (
        const [verb, body] of [["cancel", { reason: "not now" }], ["supersede", {
          subject_rev: "other",
        }]] as const
      ) {
        const { askId } = (await ask(verb)).json;
        const ended = await plane.call("POST", `/v1/gates/${askId}/${verb}`, { body });
        assert.equal(ended.status, 200, ended.text);
        await until(
          "the queue must hear of it",
          async () => (await read(verb)).json.status !== "pending" || null,
        );
        assert.deepEqual([(await read(verb)).json.status, (await read(verb)).json.text], ["rejected", null]);
      }
    });

    await t.step("its runner takes it back, and the end of the run does it too", async () => {
      const { at, ask, read, gate, path, runner, job } = await stage();
      const [first, second] = [(await ask("q1")).json.askId, (await ask("q2")).json.askId];
      const gone = await at.call("DELETE", path("q1"), { token: runner.token });
      assert.deepEqual([gone.status, gone.json.status], [200, "rejected"], gone.text);
      assert.equal((await at.call("DELETE", path("q1"), { token: runner.token })).status, 200);
      assert.equal((await gate(first)).state, "cancelled");
      const waiting = read("q2", 25);
      await report(at, runner, {
        ...{ runId: job.runId, jobId: job.id, leaseEpoch: job.leaseEpoch },
        ...{ jobResult: "success", exitCode: 0, error: null },
      });
      const { status, reason } = (await waiting).json;
      assert.deepEqual([status, reason], ["rejected", "the run is over"]);
      await until("the ask must be over", async () => (await gate(second)).state === "cancelled" || null);
      assert.equal((await ask("q3")).json.error.code, "run_finished");
    });

    await t.step(
      "while it is open the agent's silence ends nothing, and the lease is renewed as ever",
      async () => {
        const { at, ask, read, redeem, runner, job, taskId } = await stage({ idleTimeoutMinutes: 1 });
        const ids = { runId: job.runId, jobId: job.id, leaseEpoch: job.leaseEpoch };
        const beat = (idleMs: number) => report(at, runner, { ...ids, jobResult: "in_progress", idleMs });
        await beat(0);
        const { askId } = (await ask("q1")).json;
        for (let minutes = 1; minutes <= 10; minutes++) {
          await at.advance(MINUTE_MS / 2);
          await beat(minutes * MINUTE_MS / 2);
        }
        const { status } = await at.must(200, "GET", `/tasks/${taskId}`);
        assert.equal(status, "in_progress");
        await redeem(askId, { decision: "approve" });
        assert.equal((await read("q1")).json.status, "answered");
        for (let minutes = 1; minutes <= 10; minutes++) {
          await at.advance(MINUTE_MS / 2);
          const answer = await at.call("POST", `/runners/${runner.id}`, {
            token: runner.token,
            body: { ...ids, jobResult: "in_progress", idleMs: minutes * MINUTE_MS / 2 },
          });
          if (answer.json?.cancel === true) break;
        }
        assert.notEqual((await at.must(200, "GET", `/tasks/${taskId}`)).status, "in_progress");
      },
    );

    await t.step(
      "it is on its people's worklist, and its task says who waits",
      async () => {
        const { at, ask, taskId, job } = await stage();
        await at.must(200, "PUT", "/people", { body: { documents: DOCUMENTS } });
        const { askId } = (await ask("q1", { kind: "modify", message: "Better words?" })).json;
        const item = await until("it must be on the worklist", async () => {
          const { items } = await at.must(200, "GET", "/worklist");
          return (items as { gateId: string; title: string; origin: object }[])[0] ?? null;
        });
        assert.equal(item.gateId, askId);
        const { agentWait } = await at.must(200, "GET", `/tasks/${taskId}`);
        assert.deepEqual([agentWait.kind, agentWait.says, agentWait.runId], [
          "question",
          "Better words?",
          job.runId,
        ]);
        assert.equal(item.title, "Change the text: Better words?");
        assert.deepEqual(item.origin, {
          kind: "pipeline_gate",
          taskId,
          runId: job.runId,
          lineId: (item.origin as { lineId: string }).lineId,
        });
        const told = await plane.call("GET", `/v1/gates/${askId}/audit`);
        await until(
          "ada must be told",
          async () =>
            /gate\.notified/.test((await plane.call("GET", `/v1/gates/${askId}/audit`)).text) || null,
        );
        assert.equal(told.status, 200);
      },
    );
  },
});
