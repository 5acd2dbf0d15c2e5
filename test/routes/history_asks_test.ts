/** Asks in the history: the whole Worker with a real sqld, and with one that is away for a while (O5). */
import assert from "node:assert/strict";
import { applyMigrations } from "../../tools/local/apply_migrations.ts";
import { startSqld } from "../../tools/local/sqld.ts";
import { createMetricsReader, type MetricsRows } from "../../worker/store/history/metrics_read.ts";
import { createHistoryReader } from "../../worker/store/history/read.ts";
import { value } from "../fake/history.ts";
import { startPlane, type TestProject } from "../fake/plane.ts";
import { GATED_LINE, putLine, report, submit, take } from "../worker/work_fixture.ts";
import { until } from "../worker/until.ts";

const DAY_MS = 86_400_000;

Deno.test({
  name: "asks in the history",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    const dataDir = await Deno.makeTempDir({ prefix: "shopfloor_asks_" });
    let sqld = await startSqld({ dataDir });
    const { url, port } = sqld;
    await applyMigrations({ url });
    await using plane = await startPlane({ HISTORY_URL: url });
    const reader = createHistoryReader({ url });
    let keys = 0;

    async function stage() {
      const at = plane.project();
      await putLine(at);
      return { at, runner: await at.register("edge") };
    }
    const ask = async (at: TestProject, token: string, more: object = {}) => {
      const made = await plane.call("POST", "/v1/gates", {
        token,
        body: {
          install: at.queueName,
          ask: "decide",
          title: "Which way?",
          completion: { ac: "a way" },
          ...more,
        },
        headers: { "idempotency-key": `k${++keys}` },
      });
      return made;
    };
    const approve = (askId: string, status = 200) =>
      plane.call("POST", `/v1/gates/${askId}/redeem`, { body: { decision: "approve", comment: "Go." } })
        .then((done) => assert.equal(done.status, status, done.text));
    /** Actions of the project's audit about one thing, oldest first, once there are so many. */
    const actions = (at: TestProject, subject: string, wanted: number) =>
      until(`the history must hear ${wanted} things of ${subject}`, async () => {
        const page = value(await reader.pageAudit({ owner: at.owner, project: at.project, limit: 100 }));
        const found = page.rows.filter((row) => row.subject === subject).toReversed();
        return found.length < wanted ? null : found.map(({ action, actor }) => `${action} by ${actor}`);
      });
    const open = async (at: TestProject) =>
      value(await reader.listOpenGates({ owner: at.owner, project: at.project })).map(({ askId }) => askId);
    /** Tasks that ended, and those of them that went alone. */
    const autonomy = async (at: TestProject) => {
      const { owner, project } = at;
      const nowMs = Date.now();
      const time = { fromMs: nowMs - DAY_MS, toMs: nowMs + DAY_MS, bucketMs: 2 * DAY_MS, nowMs };
      const { ended } = value<MetricsRows>(
        await createMetricsReader({ url }).read({ owner, project, ...time }),
      );
      return [ended.reduce((n, row) => n + row.tasks, 0), ended.reduce((n, row) => n + row.alone, 0)];
    };

    await t.step(
      "a program's ask is among the open ones, then answered, and can be searched for",
      async () => {
        const { at, runner } = await stage();
        const { gate_id: id } = (await ask(at, runner.token, { title: "Which paint for the hall?" })).json;
        assert.deepEqual(await actions(at, `ask:${id}`, 1), ["ask_asked by runner:edge"]);
        assert.deepEqual(await open(at), [id]);
        await approve(id);
        assert.deepEqual(await actions(at, `ask:${id}`, 2), [
          "ask_asked by runner:edge",
          "ask_approve by user:admin",
        ]);
        assert.deepEqual(await open(at), []);
        const { owner, project } = at;
        const hits = value(await reader.search({ owner, project, text: "paint" })).rows;
        assert.deepEqual(hits.map(({ kind, title }) => [kind, title]), [["audit", "ask_asked"]]);
      },
    );

    await t.step("a line's gate and a runner's request are told of once each", async () => {
      const at = plane.project();
      await putLine(at, GATED_LINE);
      const runner = await at.register("edge");
      const taskId = await submit(at);
      const job = await take(at, runner);
      const path = `/runners/${runner.id}/approval-requests`;
      const held = { jobId: job.id, method: "POST", url: "https://pay.example.org/v1" };
      const { id } = await at.must(201, "POST", path, { token: runner.token, body: held });
      assert.deepEqual(await actions(at, `request:${id}`, 1), ["approval_asked by runner:edge"]);
      const board = async () => (await plane.call("GET", `/p/${at.owner}/${at.project}`)).text;
      assert.match(await board(), /class="card wait".*Asked: Let POST pay\.example\.org\/v1 through/s);
      await at.must(200, "POST", `${path}/${id}`, { body: { action: "deny", reason: "No." } });
      await actions(at, `request:${id}`, 2);
      assert.doesNotMatch(await board(), /Asked:/);
      await report(at, runner, { jobResult: "success" });
      await at.must(200, "POST", `/stages/line/tasks/${taskId}/gates/review`, { body: { action: "reject" } });
      assert.deepEqual(await actions(at, "gate:review", 1), ["gate_reject by user:admin"]);
      const key = { owner: at.owner, project: at.project, taskId };
      const asked = await until("both asks must have ended in the history", async () => {
        const rows = value(await reader.listGatesOfTask(key));
        return rows.length > 1 && rows.every((row) => row.endedAtMs !== null) ? rows : null;
      });
      assert.deepEqual(asked.map((row) => [row.origin, row.outcome]).sort(), [
        ["approval_request", "reject"],
        ["line_gate", "reject"],
      ]);
      assert.deepEqual(await actions(at, `request:${id}`, 2), [
        "approval_asked by runner:edge",
        "approval_reject by user:admin",
      ]);
    });

    await t.step(
      "a question of a run is told of once: who asked, who answered, and that its task waits",
      async () => {
        const { at, runner } = await stage();
        const { owner, project } = at;
        const taskId = await submit(at);
        const job = await take(at, runner);
        const { askId } = await at.must(201, "POST", `/runs/${job.runId}/questions`, {
          token: runner.token,
          body: { id: "q1", kind: "pause", stepId: "review", message: "Shall it go on?" },
        });
        await actions(at, `ask:${askId}`, 1);
        const board = async () => (await plane.call("GET", `/p/${owner}/${project}`)).text;
        await until(
          "the board must show it",
          async () =>
            /class="card wait".*Its run waits for an answer.*Answer the run/s.test(await board()) || null,
        );
        await approve(askId);
        assert.deepEqual(await actions(at, `ask:${askId}`, 2), [
          "ask_asked by runner:edge",
          "ask_approve by user:admin",
        ]);
        const [row] = value(await reader.listGatesOfTask({ owner, project, taskId }));
        assert.deepEqual([row!.origin, row!.state, row!.outcome], ["pipeline_gate", "resolved", "approve"]);
        await until(
          "the board must show that it goes on",
          async () => !/Its run waits/.test(await board()) || null,
        );
      },
    );

    await t.step("every ask about a task lowers the autonomy ratio; a notice does not", async () => {
      const { at, runner } = await stage();
      const finish = async (during: (taskId: string) => Promise<unknown> = async () => {}) => {
        const taskId = await submit(at);
        await take(at, runner);
        await during(taskId);
        await report(at, runner, { jobResult: "success" });
      };
      const ended = (wanted: readonly number[]) =>
        until(`the ratio must be ${wanted}`, async () => {
          const now = await autonomy(at);
          return now[0] === wanted[0] && now[1] === wanted[1] ? now : null;
        });
      await finish();
      await finish((taskId) =>
        ask(at, runner.token, { ask: "inform", completion: undefined, to: ["user:ada"], text: taskId })
          .then(({ status, text }) => assert.equal(status, 202, text))
      );
      await ended([2, 2]);
      await finish((taskId) =>
        ask(at, runner.token, { subject: { ref: taskId, rev: "1" } })
          .then(({ status, text }) => assert.equal(status, 201, text))
      );
      await ended([3, 2]);
    });

    await t.step(
      "without its database an ask goes its way, and the history hears of it once it is back",
      async () => {
        const { at, runner } = await stage();
        await sqld.kill9();
        const { gate_id: id } = (await ask(at, runner.token)).json;
        await until("people must hear of it", async () => {
          const { items } = await at.must(200, "GET", "/worklist");
          return items.some(({ gateId }: { gateId: string }) => gateId === id) ? true : null;
        });
        await approve(id);
        await until("people must hear of the answer", async () => {
          const { items } = await at.must(200, "GET", "/worklist?state=verified");
          return items.length === 1 ? true : null;
        });
        sqld = await startSqld({ dataDir });
        assert.equal(sqld.port, port);
        assert.deepEqual(await actions(at, `ask:${id}`, 2), [
          "ask_asked by runner:edge",
          "ask_approve by user:admin",
        ]);
        assert.deepEqual(await open(at), []);
      },
    );

    await sqld.kill9();
    await Deno.remove(dataDir, { recursive: true });
  },
});
