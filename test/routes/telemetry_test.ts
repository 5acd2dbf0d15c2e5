/** Telemetry keeps the clocks of silence: OTLP as JSON, with the token of a run or of its runner, on a path without a project. */
import assert from "node:assert/strict";
import { startPlane, type TestPlane } from "../fake/plane.ts";
import { putLine, station, submit, take } from "../worker/work_fixture.ts";

const MINUTE_MS = 60_000;

async function stage(plane: TestPlane) {
  const at = plane.project();
  await putLine(at, { name: "L", stations: [station("make", { idleTimeoutMinutes: 2 })] });
  const runner = await at.register("ada");
  const taskId = await submit(at);
  const job = await take(at, runner);
  const beat = (body: object = {}) =>
    at.must(200, "PATCH", `/runners/${runner.id}`, {
      token: runner.token,
      body: { jobResult: "in_progress", ...body },
    });
  const status = async () => (await at.must(200, "GET", `/tasks/${taskId}`)).status as string;
  return { at, runner, taskId, job, beat, status };
}

const spans = (named: Readonly<Record<string, string>>, count = 1) => ({
  resourceSpans: [{
    resource: {
      attributes: Object.entries(named).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    },
    scopeSpans: [{ spans: Array.from({ length: count }, () => ({ name: "tool" })) }],
  }],
});

Deno.test({
  name: "telemetry over HTTP",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    const send = async (token: string | null, body: unknown, headers = {}, signal = "traces") => {
      const answer = await plane.call("POST", `/api/otel/v1/${signal}`, { token, body, headers });
      return [answer.status, answer.json?.error?.code ?? answer.json];
    };
    const TAKEN = [200, { partialSuccess: {} }];

    await t.step("a run's own telemetry sets back the clock of its silence, whatever it names", async () => {
      const one = await stage(plane);
      await one.beat({ idleMs: 0 });
      for (let n = 0; n < 6; n++) {
        await one.at.advance(MINUTE_MS);
        await one.beat();
        assert.deepEqual(await send(one.job.jobToken!, spans({ "job.id": "of-somebody-else" })), TAKEN);
      }
      assert.equal(await one.status(), "in_progress");
      for (let n = 0; n < 6; n++) {
        await one.at.advance(MINUTE_MS);
        await one.beat().catch(() => {});
        await send(one.job.jobToken!, spans({}, 0));
      }
      assert.notEqual(await one.status(), "in_progress", "an empty delivery is no work");
    });

    await t.step(
      "a runner's telemetry counts for the jobs that it names and holds, and keeps their lease",
      async () => {
        const one = await stage(plane);
        await one.beat({ idleMs: 0 });
        const named = { "job.id": one.job.id, "run.id": one.job.runId!, "task.id": one.taskId };
        for (let n = 0; n < 6; n++) {
          await one.at.advance(MINUTE_MS);
          assert.deepEqual(await send(one.runner.token, spans(named)), TAKEN);
        }
        assert.equal(await one.status(), "in_progress");
        const wrong = { ...named, "run.id": "a-run-before" };
        for (let n = 0; n < 2; n++) {
          await one.at.advance(MINUTE_MS);
          assert.deepEqual(await send(one.runner.token, spans(wrong)), TAKEN);
        }
        assert.equal(await one.status(), "queued", "nobody renewed the lease");
      },
    );

    await t.step("an agent of which only telemetry was heard is not judged by its silence", async () => {
      const one = await stage(plane);
      await one.beat();
      assert.deepEqual(await send(one.job.jobToken!, spans({})), TAKEN);
      for (let n = 0; n < 8; n++) {
        await one.at.advance(MINUTE_MS);
        await one.beat();
      }
      assert.equal(await one.status(), "in_progress");
    });

    await t.step("what is asked for activity hears of it", async () => {
      const one = await stage(plane);
      const sessionId = "s-telemetry";
      await one.at.must(200, "PATCH", `/runs/${one.job.runId}/jobs/${one.job.id}`, {
        token: one.runner.token,
        body: { status: "in_progress", sessionId },
      });
      await plane.rpc("LIVE_SESSION", sessionId, "advanceClock", 5 * MINUTE_MS);
      const isActive = async () =>
        (await plane.call("GET", `/api/lives/activity?sessionId=${sessionId}`, { token: null })).json
          .isActive;
      assert.equal(await isActive(), false);
      const count = {
        name: "claude_code.token.usage",
        sum: { aggregationTemporality: 1, dataPoints: [{ asInt: 9 }] },
      };
      const metrics = { resourceMetrics: [{ scopeMetrics: [{ metrics: [count] }] }] };
      assert.deepEqual(await send(one.job.jobToken!, metrics, {}, "metrics"), TAKEN);
      assert.equal(await isActive(), true);
      const run = await one.at.must(200, "GET", `/runs/${one.job.runId}`);
      assert.equal(run.usage ?? null, null, "tokens are counted by runners alone");
    });

    await t.step("who may not, and what is no OTLP as JSON, is refused", async () => {
      const one = await stage(plane);
      const { token: user } = await one.at.must(201, "POST", "/tokens", { body: { name: "u" } });
      const token = one.job.jobToken!;
      const gzip = async (text: string) =>
        new Uint8Array(
          await new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip")))
            .arrayBuffer(),
        );
      const json = { "content-type": "application/json" };
      const packed = { ...json, "content-encoding": "gzip" };
      assert.deepEqual(await send(user, {}), [403, "wrong_token_kind"]);
      assert.deepEqual(await send(null, {}), [401, "unauthenticated"]);
      assert.deepEqual(await send(token.slice(0, -1) + (token.endsWith("A") ? "B" : "A"), {}), [
        401,
        "unauthenticated",
      ]);
      assert.deepEqual(await send(token, "x", { "content-type": "application/x-protobuf" }), [
        415,
        "telemetry_not_json",
      ]);
      assert.deepEqual(await send(token, "{}", { ...json, "content-encoding": "br" }), [
        415,
        "encoding_not_supported",
      ]);
      assert.deepEqual(await send(token, await gzip(JSON.stringify(spans({}))), packed), TAKEN);
      assert.deepEqual(await send(token, "{}", packed), [400, "invalid_json"]);
      assert.deepEqual(await send(token, await gzip(" ".repeat(5_000_000)), packed), [413, "body_too_large"]);
      assert.deepEqual(await send(token, " ".repeat(5_000_000), json), [413, "body_too_large"]);
      assert.deepEqual(await send(token, "{", json), [400, "invalid_json"]);
      assert.deepEqual(await send(token, { resourceSpans: 1 }), [400, "invalid_input"]);
      await one.at.must(200, "PATCH", `/runners/${one.runner.id}`, {
        token: one.runner.token,
        body: { jobResult: "success", exitCode: 0 },
      });
      assert.deepEqual(await send(token, {}), [401, "unauthenticated"], "the token ended with its run");
    });
  },
});
