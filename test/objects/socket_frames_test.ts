/** What a socket refuses, what it takes in bulk, and output: in real workerd. */
import assert from "node:assert/strict";
import type { SubmitAnswer } from "../../protocol/runner/socket.ts";
import {
  SOCKET_FRAME_MAX_BYTES,
  SOCKET_KEYED_CARDS_MAX,
  SOCKET_LOG_WINDOW_BYTES,
} from "../../protocol/runner/socket_limits.ts";
import { ADMIN_TOKEN, startPlane, type TestProject } from "../fake/plane.ts";
import { connect, nextJob, openRunner } from "../fake/socket_client.ts";
import { poll, putLine, readTask, station, submit } from "../worker/work_fixture.ts";

const statusOf = async (at: TestProject, id: string) => (await readTask(at, id)).status;
const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test({
  name: "what a socket takes and refuses",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    const open = (hello?: object, at?: TestProject, name?: string) => openRunner(plane, hello, at, name);

    await t.step("a user submits in bulk; a wrong card does not cost the others", async () => {
      const at = plane.project();
      await putLine(at);
      await using socket = await connect(plane, at, ADMIN_TOKEN);
      assert.equal((await socket.hello()).kind, "user");
      const cards = [{ title: "one" }, { title: "" }, { title: "three", priority: "high" }];
      const { tasks } = await socket.must("submit", { lineId: "line", cards });
      assert.deepEqual(tasks.map((one) => one.ok || one.error["code"]), [true, "invalid_input", true]);
      assert.equal(await statusOf(at, tasks[0]!.ok ? tasks[0]!.taskId : ""), "queued");
      const lost = await socket.must("submit", { lineId: "nowhere", cards: [{ title: "t" }] });
      assert.equal(lost.tasks[0]!.ok || lost.tasks[0]!.error["code"], "line_not_found");
      const taskId = tasks[2]!.ok ? tasks[2]!.taskId : "";
      await socket.must("cancel_task", { taskId });
      assert.equal(await statusOf(at, taskId), "failed");
    });

    await t.step(
      "a submission with a key takes effect once, and what was refused may be taken later",
      async () => {
        const at = plane.project();
        await putLine(at);
        const cards = [{ title: "one" }, { title: "" }, { title: "three" }];
        const message = { lineId: "line", cards, idempotencyKey: "batch 1" };
        const idsOf = (answer: SubmitAnswer) =>
          answer.tasks.map((one) => one.ok ? one.taskId : one.error["code"]);
        const count = async () => (await at.must(200, "GET", "/tasks")).tasks.length;
        await using first = await connect(plane, at, ADMIN_TOKEN);
        await first.hello();
        // Twice at once: the second is sent before the first is answered.
        const [one, two] = await Promise.all([first.must("submit", message), first.must("submit", message)]);
        assert.deepEqual(idsOf(one), idsOf(two));
        assert.equal(idsOf(one)[1], "invalid_input");
        await plane.evict("JOB_QUEUE", at.queueName);
        await using later = await connect(plane, at, ADMIN_TOKEN);
        await later.hello();
        assert.deepEqual(idsOf(await later.must("submit", message)), idsOf(one));
        assert.equal(await count(), 2);

        for (
          const other of [{ ...message, cards: [{ title: "one" }] }, { ...message, lineId: "other" }]
        ) {
          const refused = await later.ask("submit", other);
          assert.ok(!refused.ok);
          assert.equal(refused.error.code, "idempotency_key_reused");
        }
        const post = await at.call("POST", "/assembly-lines/line/tasks", {
          body: { title: "one" },
          headers: { "idempotency-key": "batch 1" },
        });
        assert.equal(post.status, 422, "keys are those of HTTP");
        assert.notDeepEqual(
          idsOf(await later.must("submit", { ...message, idempotencyKey: "batch 2" })),
          idsOf(one),
        );
        assert.equal(await count(), 4);

        const early = { lineId: "late", cards: [{ title: "t" }], idempotencyKey: "batch 3" };
        assert.deepEqual(idsOf(await later.must("submit", early)), ["line_not_found"]);
        await at.must(200, "PUT", "/assembly-lines/late", {
          body: { name: "L", stations: [station("make")] },
        });
        const taken = idsOf(await later.must("submit", early));
        assert.deepEqual(idsOf(await later.must("submit", early)), taken);
        assert.equal(await count(), 5);
        const many = Array.from({ length: SOCKET_KEYED_CARDS_MAX + 1 }, () => ({ title: "t" }));
        const tooMany = await later.ask("submit", { ...message, cards: many });
        assert.equal(tooMany.ok ? null : tooMany.error.code, "invalid_input");
        const most = await later.must("submit", {
          lineId: "line",
          cards: many.slice(1),
          idempotencyKey: "batch 4",
        });
        assert.deepEqual(
          idsOf(
            await later.must("submit", { lineId: "line", cards: many.slice(1), idempotencyKey: "batch 4" }),
          ),
          idsOf(most),
        );
      },
    );

    await t.step("a user gets no jobs, and a runner submits none", async () => {
      const { at, socket: runner } = await open();
      await using _ = runner;
      await using user = await connect(plane, at, ADMIN_TOKEN);
      await user.hello();
      await submit(at);
      user.say({ type: "want", credit: 1 });
      await user.until("it must be refused", () => user.heard.some((one) => one.type === "error"));
      const refused = user.heard.find((one) => one.type === "error")!;
      assert.deepEqual(refused.type === "error" && [refused.id, refused.error.code], [
        null,
        "wrong_token_kind",
      ]);
      const claim = await user.ask("claim", { jobId: "x" });
      assert.equal(claim.ok ? null : claim.error.code, "wrong_token_kind");
      const { tasks } = await runner.must("submit", { lineId: "line", cards: [{ title: "t" }] });
      assert.equal(tasks[0]!.ok || tasks[0]!.error["code"], "wrong_token_kind");
      assert.deepEqual([user.jobs(), runner.jobs()], [[], []]);
    });

    await t.step("only runners and users of the project may connect, by upgrade", async () => {
      const at = plane.project();
      await putLine(at);
      const runner = await at.register("ada");
      await at.must(401, "GET", "/runners/socket", { token: null });
      await at.must(401, "GET", "/runners/socket", { token: "nobody" });
      const plain = await at.call("GET", "/runners/socket", { token: runner.token });
      assert.deepEqual([plain.status, plain.json.error.code], [426, "upgrade_required"]);
      await submit(at);
      const job = await poll(at, runner);
      await at.must(403, "GET", "/runners/socket", { token: job!.jobToken! });
    });

    await t.step("a token that is replaced ends its connection at once", async () => {
      const { at, socket } = await open();
      socket.say({ type: "want", credit: 1 });
      await socket.must("heartbeat", { runs: [] });
      await at.register("ada");
      assert.equal(await socket.closed, 4401);
    });

    await t.step("unknown and wrong messages are refused, and the connection stays", async () => {
      const { at, runner, socket } = await open();
      await using _ = socket;
      socket.say({ type: "dance", id: 7 }, { type: "want", credit: -1 }, { type: "claim", id: 8 });
      await socket.until("all must be refused", () => socket.heard.length === 4);
      const errors = socket.heard.slice(1).map((one) =>
        one.type === "error" ? [one.id, one.error.code] : one
      );
      assert.deepEqual(errors, [[7, "unknown_message"], [null, "invalid_input"], [8, "invalid_input"]]);
      const wrong = await socket.ask("hello", { version: 99 });
      assert.equal(wrong.ok ? null : wrong.error.code, "unsupported_version");
      await socket.must("heartbeat", { runs: [] });
      await using early = await connect(plane, at, runner.token);
      const refused = await early.ask("claim", { jobId: "x" });
      assert.equal(refused.ok ? null : refused.error.code, "hello_required");
    });

    await t.step("what is no frame, or too large a one, ends the connection with 1008", async () => {
      const at = plane.project();
      for (
        const [data, code] of [
          ["{}", "malformed_frame"],
          ["[1,", "malformed_frame"],
          [`[${" ".repeat(SOCKET_FRAME_MAX_BYTES)}]`, "frame_too_large"],
          [`[${Array(1_001).fill("{}")}]`, "too_many_messages"],
          [new Uint8Array([9, 9]), "invalid_output_frame"],
        ] as const
      ) {
        const { socket } = await open({}, at);
        socket.raw(data);
        assert.equal(await socket.closed, 1008, code);
        const last = socket.heard.at(-1);
        assert.equal(last?.type === "error" && last.error.code, code);
      }
    });

    await t.step(
      "output is kept in order and acknowledged, and a repeated chunk changes nothing",
      async () => {
        const { at, socket } = await open();
        await using _ = socket;
        const taskId = await submit(at);
        socket.say({ type: "want", credit: 1 });
        const job = await nextJob(socket);
        const ids = { runId: job.runId!, jobId: job.id, leaseEpoch: job.leaseEpoch! };
        const texts = Array.from({ length: 40 }, (_, n) => `line ${n}\n`);
        let offset = 0;
        for (const [sequence, text] of texts.entries()) {
          socket.chunk({ ...ids, sequence, offset, bytes: utf8(text) });
          offset += text.length;
        }
        socket.chunk({ ...ids, sequence: 39, offset: offset - texts[39]!.length, bytes: utf8(texts[39]!) });
        const keptOf = () => socket.heard.flatMap((one) => one.type === "kept" ? [one] : []);
        await socket.until("all must be kept", () => keptOf().at(-1)?.nextOffset === offset);
        assert.ok(keptOf().length < 40, "acknowledgements are cumulative");
        const output = await at.call("GET", `/tasks/${taskId}/log`);
        assert.equal(output.text, texts.join(""));
        assert.equal(await statusOf(at, taskId), "in_progress", "output is a sign of life");
        socket.chunk({ ...ids, leaseEpoch: 9, sequence: 40, offset, bytes: utf8("late") });
        await socket.until("it must be refused", () => socket.heard.at(-1)?.type === "log_refused");
        const refused = socket.heard.at(-1)!;
        assert.deepEqual(
          refused.type === "log_refused" && [refused.sequence, refused.isRetryable, refused.error.code],
          [40, false, "stale_lease"],
        );
      },
    );

    await t.step("a client that sends more output than its window is cut off", async () => {
      const { at, socket } = await open();
      await submit(at);
      socket.say({ type: "want", credit: 1 });
      const job = await nextJob(socket);
      const ids = { runId: job.runId!, jobId: job.id, leaseEpoch: job.leaseEpoch! };
      const bytes = new Uint8Array(64 * 1024);
      const count = SOCKET_LOG_WINDOW_BYTES / bytes.length;
      for (let sequence = 0; sequence < count * 40; sequence++) {
        socket.chunk({ ...ids, sequence, offset: sequence * bytes.length, bytes });
      }
      assert.equal(await socket.closed, 1008);
      const last = socket.heard.at(-1);
      assert.equal(last?.type === "error" && last.error.code, "log_window_exceeded");
    });
  },
});
