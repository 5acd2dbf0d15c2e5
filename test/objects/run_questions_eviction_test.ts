/** A run's question across evictions: memory may be lost between any two steps, of the queue and of the ask. */
import assert from "node:assert/strict";
import { startPlane } from "../fake/plane.ts";
import { putLine, report, station, submit, take } from "../worker/work_fixture.ts";
import { until } from "../worker/until.ts";

const MINUTE_MS = 60_000;
const KINDS = ["pause", "modify", "permission", "tool_question"] as const;

Deno.test({
  name: "questions of a run whose objects are evicted",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();

    async function stage() {
      const at = plane.project();
      await putLine(at, { name: "L", stations: [station("make")] });
      const runner = await at.register("r1");
      await submit(at);
      const job = await take(at, runner);
      const { token } = runner;
      const path = `/runs/${job.runId}/questions`;
      let askId = "";
      return {
        at,
        runner,
        job,
        askId: () => askId,
        /** Between any two steps. */
        lose: async () => {
          await plane.evict("JOB_QUEUE", at.queueName);
          if (askId !== "") await plane.evict("HUMAN_GATE", askId);
          await plane.evict("PEOPLE", at.queueName);
        },
        ask: async (change: object = {}) => {
          const body = { id: "q1", kind: "pause", stepId: "s", message: "Go on?", ...change };
          const asked = await at.must(201, "POST", path, { token, body });
          askId = asked.askId;
          return asked;
        },
        read: () => at.must(200, "GET", `${path}/q1`, { token }),
        withdraw: () => at.must(200, "DELETE", `${path}/q1`, { token }),
        rows: () => plane.sql("JOB_QUEUE", at.queueName, "select is_over from run_question"),
        gate: async () => (await plane.call("GET", `/v1/gates/${askId}`)).json,
        gateIs: (state: string) =>
          until(
            `the ask must be ${state}`,
            async () => (await plane.call("GET", `/v1/gates/${askId}`)).json.state === state || null,
          ),
      };
    }

    for (const kind of KINDS) {
      await t.step(`${kind}: asked, answered, read`, async () => {
        const { lose, ask, read, askId, gateIs } = await stage();
        const asked = await ask({ kind });
        await lose();
        assert.equal((await ask({ kind })).askId, asked.askId);
        await lose();
        assert.equal((await read()).status, "pending");
        await lose();
        const body = kind === "tool_question" || kind === "modify"
          ? { out: { text: "words" }, ...(kind === "modify" ? { decision: "approve" } : {}) }
          : { decision: "approve", comment: "words" };
        const answered = await plane.call("POST", `/v1/gates/${askId()}/redeem`, { body });
        assert.equal(answered.status, 200, answered.text);
        await lose();
        const { status, text } = await read();
        assert.deepEqual([status, text], ["answered", "words"]);
        await lose();
        assert.equal((await ask({ kind })).status, "answered");
        await gateIs("verified");
      });
    }

    await t.step("taken back, and what comes after it changes nothing", async () => {
      const { lose, ask, read, withdraw, gateIs, askId } = await stage();
      await ask();
      await lose();
      assert.equal((await withdraw()).status, "rejected");
      await lose();
      await gateIs("cancelled");
      const late = await plane.call("POST", `/v1/gates/${askId()}/redeem`, { body: { decision: "approve" } });
      assert.equal(late.status, 410, late.text);
      await lose();
      assert.equal((await read()).status, "rejected");
      assert.equal((await withdraw()).status, "rejected");
    });

    await t.step("its own time: the alarm comes early, in time and twice", async () => {
      const { at, lose, ask, read, gateIs } = await stage();
      await ask({ expiresInMs: MINUTE_MS / 2 });
      await lose();
      await at.advance(MINUTE_MS / 4);
      assert.equal((await read()).status, "pending");
      await lose();
      await at.advance(MINUTE_MS / 4);
      await lose();
      assert.equal((await read()).status, "expired");
      await at.advance(0);
      assert.equal((await read()).status, "expired");
      await gateIs("cancelled");
    });

    await t.step(
      "the end of its run: the ask is withdrawn, and the row is kept as that of a run that is over",
      async () => {
        const { at, runner, job, lose, ask, read, gateIs, rows } = await stage();
        await ask();
        await lose();
        assert.deepEqual(await rows(), [{ is_over: 0 }]);
        await report(at, runner, {
          ...{ runId: job.runId, jobId: job.id, leaseEpoch: job.leaseEpoch },
          ...{ jobResult: "success", exitCode: 0, error: null },
        });
        await lose();
        await gateIs("cancelled");
        assert.deepEqual(await rows(), [{ is_over: 1 }]);
        assert.equal((await read()).status, "rejected");
      },
    );
  },
});
