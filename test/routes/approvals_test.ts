/** Approval requests of a runner in the whole Worker: asked, decided on every surface, heard by the runner, and their ends. */
import assert from "node:assert/strict";
import { startPlane, type TestProject } from "../fake/plane.ts";
import { connect } from "../fake/socket_client.ts";
import { approvalDigest, bodySha256Of } from "../../protocol/runner/approval.ts";
import type { RunnerRegistered } from "../../protocol/line/runner.ts";
import { putLine, report, station, submit, take } from "../worker/work_fixture.ts";
import { until } from "../worker/until.ts";

const SECOND_MS = 1_000;
const BODY = `{"amount":5,"password":"hunter2hunter2","note":"rent"}`;
const URL_ASKED = "https://pay.example.org/v1/payments?token=s3cr3tvalue&page=1";

interface Stage {
  readonly at: TestProject;
  readonly runner: RunnerRegistered;
  readonly jobId: string;
  readonly runId: string;
  readonly taskId: string;
  /** Below the runner's requests. */
  path(id?: string): string;
  ask(change?: object, headers?: Record<string, string>): Promise<string>;
  read(id: string, options?: { token?: string; wait?: number }): ReturnType<TestProject["call"]>;
  decide(id: string, action: string, options?: object): ReturnType<TestProject["call"]>;
}

Deno.test({
  name: "approval requests at the whole Worker",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();

    async function stage(trigger: object = {}): Promise<Stage> {
      const at = plane.project();
      await putLine(at, { name: "L", stations: [station("make", trigger)] });
      const runner = await at.register("ada-runner");
      const taskId = await submit(at);
      const job = await take(at, runner);
      const path = (id = "") => `/runners/${runner.id}/approval-requests${id === "" ? "" : `/${id}`}`;
      return {
        at,
        runner,
        taskId,
        jobId: job.id,
        runId: job.runId!,
        path,
        ask: async (change = {}, headers = {}) => {
          const body = {
            url: URL_ASKED,
            method: "POST",
            body: BODY,
            jobId: job.id,
            labels: ["pay"],
            ...change,
          };
          return (await at.must(201, "POST", path(), { token: runner.token, body, headers })).id;
        },
        read: (id, { token = runner.token, wait = 0 } = {}) =>
          at.call("GET", path(id), { token, headers: wait === 0 ? {} : { prefer: `wait=${wait}` } }),
        decide: (id, action, options = {}) =>
          at.call("POST", path(id), { body: { action, reason: "as agreed" }, ...options }),
      };
    }

    await t.step("a runner asks, a user approves, and a long poll answers within a second", async () => {
      const { at, ask, read, decide, path, runner } = await stage();
      const id = await ask();
      const bodySha256 = bodySha256Of(BODY);
      const digest = approvalDigest({ method: "POST", url: URL_ASKED, bodySha256 });
      const pending = (await read(id)).json;
      assert.deepEqual([pending.status, pending.digest], ["pending", digest]);
      const waiting = read(id, { wait: 25 });
      const decidedAtMs = performance.now();
      const decided = await decide(id, "approve");
      assert.deepEqual([decided.status, decided.json.status], [200, "approved"], decided.text);
      const heard = (await waiting).json;
      assert.ok(performance.now() - decidedAtMs < SECOND_MS);
      assert.deepEqual([heard.status, heard.reason, heard.decidedBy], [
        "approved",
        "as agreed",
        "user:admin",
      ]);
      const again = await decide(id, "deny");
      assert.deepEqual([again.status, again.json.error.code], [409, "gate_already_resolved"]);
      const same = await decide(id, "approve");
      assert.deepEqual([same.status, same.json.status], [200, "approved"]);
      const use = (key: string) =>
        at.call("POST", path(id), {
          token: runner.token,
          body: { action: "consume" },
          headers: { "idempotency-key": key },
        });
      const used = await use("a");
      assert.ok(used.status === 200 && used.json.consumedAt !== null, used.text);
      assert.equal((await use("a")).status, 200);
      const second = await use("b");
      assert.deepEqual([second.status, second.json.error.code], [409, "approval_spent"]);
    });

    await t.step("its decision reaches the runner's socket within a second", async () => {
      const { at, ask, decide, runner, jobId } = await stage();
      await using socket = await connect(plane, at, runner.token);
      await socket.hello();
      const id = await ask();
      const decidedAtMs = performance.now();
      assert.equal((await decide(id, "deny")).json.status, "denied");
      const said = () => socket.heard.find((one) => one.type === "approval");
      await socket.until("the runner must be told", () => said() !== undefined);
      assert.ok(performance.now() - decidedAtMs < SECOND_MS);
      assert.deepEqual(said(), { type: "approval", jobId, requestId: id });
    });

    await t.step("its runner is told on the socket when nobody decided in time, too", async () => {
      const { at, ask, runner, jobId, read } = await stage();
      await using socket = await connect(plane, at, runner.token);
      await socket.hello();
      const id = await ask({ timeoutMinutes: 5 });
      await plane.rpc("HUMAN_GATE", id, "advanceClock", 6 * 60_000);
      const said = () => socket.heard.find((one) => one.type === "approval");
      await socket.until("the runner must be told", () => said() !== undefined);
      assert.deepEqual(said(), { type: "approval", jobId, requestId: id });
      assert.equal((await read(id)).json.status, "expired");
    });

    await t.step("a socket that slept while the queue was forgotten hears of it", async () => {
      const { at, ask, decide, runner } = await stage();
      await using socket = await connect(plane, at, runner.token);
      await socket.hello();
      const id = await ask();
      await plane.evict("JOB_QUEUE", at.queueName);
      assert.equal((await decide(id, "approve")).json.status, "approved");
      await socket.until(
        "the runner must be told",
        () => socket.heard.some((one) => one.type === "approval"),
      );
    });

    await t.step("what is stored and shown holds neither the body's nor the URL's secret", async () => {
      const { at, ask } = await stage();
      const id = await ask();
      const gate = (await plane.call("GET", `/v1/gates/${id}`)).json;
      assert.equal(gate.in.request.url, "https://pay.example.org/v1/payments?token=[redacted]&page=1");
      assert.match(gate.in.request.bodyPreview, /"note":"rent"/);
      const stored = JSON.stringify([
        await at.dump(),
        await plane.dump("HUMAN_GATE", id),
        await plane.dump("PEOPLE", at.queueName),
      ]);
      assert.ok(!stored.includes("hunter2hunter2") && !stored.includes("s3cr3tvalue"));
    });

    await t.step(
      "the same idempotency key is the same question; another request with it is refused",
      async () => {
        const { at, ask, path, runner, jobId } = await stage();
        const headers = { "idempotency-key": "k1" };
        const first = await ask({}, headers);
        assert.equal(await ask({}, headers), first);
        const other = await at.call("POST", path(), {
          token: runner.token,
          headers,
          body: { url: "https://example.org/", method: "GET", jobId },
        });
        assert.deepEqual([other.status, other.json.error.code], [422, "idempotency_key_reused"]);
        assert.notEqual(await ask(), first);
      },
    );

    await t.step("an answer by /v1 is the runner's answer, and the runner's end is /v1's", async () => {
      const { at, ask, read, taskId } = await stage();
      const id = await ask();
      const rev = (await plane.call("GET", `/v1/gates/${id}`)).json.subject.rev;
      const redeemed = await plane.call("POST", `/v1/gates/${id}/redeem`, {
        body: { decision: "reject", subject_rev: rev, comment: "not this one" },
      });
      assert.equal(redeemed.status, 200, redeemed.text);
      const seen = (await read(id)).json;
      assert.deepEqual([seen.status, seen.reason], ["denied", "not this one"]);
      const timeline = (await at.call("GET", `/tasks/${taskId}/timeline`)).json;
      const kinds = JSON.stringify(timeline);
      assert.ok(kinds.includes("approval_asked") && kinds.includes("approval_decided"), kinds);
      const other = await ask();
      await until("the worklist must have the other one alone", async () => {
        const list = await at.call("GET", "/worklist");
        return list.text.includes(other) && !list.text.includes(id) ? true : null;
      });
    });

    await t.step(
      "the run's end takes its questions back, and nothing is let through afterwards",
      async () => {
        const { at, ask, read, decide, runner, jobId, path } = await stage();
        const [open, approved] = [await ask(), await ask()];
        await decide(approved, "approve");
        await report(at, runner, { jobResult: "success", exitCode: 0, error: null, jobId });
        const seen = (await read(open, { wait: 5 })).json;
        assert.deepEqual(
          [seen.status, /run is over/.test(seen.reason)],
          ["expired", true],
          JSON.stringify(seen),
        );
        const late = await decide(open, "approve");
        assert.deepEqual([late.status, late.json.error.code], [410, "gate_cancelled"]);
        const use = await at.call("POST", path(approved), {
          token: runner.token,
          body: { action: "consume" },
        });
        assert.deepEqual([use.status, use.json.error.code], [409, "run_finished"]);
        const next = await at.call("POST", path(), {
          token: runner.token,
          body: { url: URL_ASKED, method: "GET", jobId },
        });
        assert.deepEqual([next.status, next.json.error.code], [409, "run_finished"]);
      },
    );

    await t.step("without a decision it expires at its time, which approves nothing", async () => {
      const { at, ask, read, decide, path, runner } = await stage();
      const id = await ask({ timeoutMinutes: 5 });
      await plane.rpc("HUMAN_GATE", id, "advanceClock", 6 * 60_000);
      const seen = (await read(id)).json;
      assert.deepEqual([seen.status, seen.decidedBy], ["expired", null]);
      const late = await decide(id, "approve");
      assert.deepEqual([late.status, late.json.error.code], [410, "gate_expired"]);
      const use = await at.call("POST", path(id), { token: runner.token, body: { action: "consume" } });
      assert.deepEqual([use.status, use.json.error.code], [409, "not_approved"]);
    });

    await t.step("a runner takes its question back; it is over for people, too", async () => {
      const { at, ask, read, decide, path, runner } = await stage();
      const id = await ask();
      const gone = await at.must(200, "POST", path(id), {
        token: runner.token,
        body: { action: "withdraw" },
      });
      assert.equal(gone.status, "expired");
      assert.equal((await read(id)).json.status, "expired");
      assert.equal((await decide(id, "approve")).status, 410);
    });

    await t.step("a held request suspends the idle timer of the queue, and not the wall clock", async () => {
      const { at, ask, runner, jobId, taskId, decide } = await stage({
        idleTimeoutMinutes: 5,
        maxTimeoutMinutes: 60,
      });
      const beat = (idleMs: number) => report(at, runner, { jobResult: "in_progress", jobId, idleMs });
      await beat(0);
      const id = await ask();
      for (let minutes = 0; minutes < 30; minutes += 1) {
        await at.advance(60_000);
        await beat((minutes + 1) * 60_000);
      }
      assert.equal((await at.must(200, "GET", `/tasks/${taskId}`)).status, "in_progress");
      await decide(id, "approve");
      for (let minutes = 0; minutes < 9; minutes += 1) {
        await at.advance(60_000);
        if ((await at.must(200, "GET", `/tasks/${taskId}`)).status === "in_progress") {
          await at.call("PATCH", `/runners/${runner.id}`, {
            token: runner.token,
            body: { jobResult: "in_progress", jobId, idleMs: 3_600_000 },
          });
        }
      }
      assert.equal((await at.must(200, "GET", `/tasks/${taskId}`)).status, "failed");
    });

    await t.step(
      "others than its runner and the project's people are refused, each with a code",
      async () => {
        const { at, ask, read, path, runner, jobId } = await stage();
        const id = await ask();
        const other = await at.register("other-runner");
        const code = async (answer: ReturnType<TestProject["call"]>) => {
          const { status, json } = await answer;
          return [status, json.error.code];
        };
        assert.deepEqual(await code(read(id, { token: other.token })), [403, "not_your_runner"]);
        assert.deepEqual(
          await code(at.call("GET", `/runners/${other.id}/approval-requests/${id}`, { token: other.token })),
          [404, "approval_request_not_found"],
        );
        assert.deepEqual(await code(read("01jbrc9nf6m6sc7n75yr3hga9t")), [404, "approval_request_not_found"]);
        const self = at.call("POST", path(id), { token: runner.token, body: { action: "approve" } });
        assert.deepEqual(await code(self), [403, "wrong_token_kind"]);
        const reader = await at.must(201, "POST", "/tokens", { body: { name: "r", scopes: ["tasks:read"] } });
        assert.deepEqual(
          await code(at.call("POST", path(id), { token: reader.token, body: { action: "approve" } })),
          [403, "missing_scope"],
        );
        const user = at.call("POST", path(id), { body: { action: "consume" } });
        assert.deepEqual(await code(user), [403, "wrong_token_kind"]);
        const elsewhere = plane.project();
        await putLine(elsewhere);
        assert.deepEqual(
          await code(elsewhere.call("GET", `/runners/${runner.id}/approval-requests/${id}`)),
          [404, "approval_request_not_found"],
        );
        for (
          const body of [{}, { url: "ftp://x", method: "GET", jobId }, {
            url: URL_ASKED,
            method: "G T",
            jobId,
          }]
        ) {
          assert.deepEqual(await code(at.call("POST", path(), { token: runner.token, body })), [
            400,
            "invalid_input",
          ]);
        }
        const unknown = at.call("POST", path(), {
          token: runner.token,
          body: { url: URL_ASKED, method: "GET", jobId: "01jbrc9nf6m6sc7n75yr3hga9t" },
        });
        assert.deepEqual(await code(unknown), [404, "job_not_found"]);
      },
    );

    await t.step("what was asked and decided is there after all objects have lost their memory", async () => {
      const { at, ask, read, decide } = await stage();
      const id = await ask();
      await plane.evict("JOB_QUEUE", at.queueName);
      await plane.evict("HUMAN_GATE", id);
      assert.equal((await read(id)).json.status, "pending");
      await decide(id, "approve");
      await plane.evict("HUMAN_GATE", id);
      await plane.evict("JOB_QUEUE", at.queueName);
      assert.equal((await read(id)).json.status, "approved");
    });
  },
});
