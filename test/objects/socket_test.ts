/** The socket of runners and bulk clients, in real workerd. */
import assert from "node:assert/strict";
import type { PolledJob } from "../../protocol/line/runner.ts";
import { SOCKET_FRAME_MAX_BYTES, SOCKET_LOG_WINDOW_BYTES } from "../../protocol/runner/socket_limits.ts";
import { ADMIN_TOKEN, startPlane, type TestProject } from "../fake/plane.ts";
import { connect, type TestSocket } from "../fake/socket_client.ts";
import { until } from "../worker/until.ts";
import { poll, putLine, readTask, station, submit } from "../worker/work_fixture.ts";

const OFFLINE_MS = 61_000;
const LEASE_AND_MORE_MS = 91_000;
const SUCCESS = { jobResult: "success", exitCode: 0, error: null };

const statusOf = async (at: TestProject, id: string) => (await readTask(at, id)).status;
const reportOf = (job: PolledJob, rest: object = SUCCESS) => ({
  report: { runId: job.runId, jobId: job.id, leaseEpoch: job.leaseEpoch, ...rest },
});
const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test({
  name: "the socket of a queue",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    const open = async (hello: object = {}, at = plane.project(), name = "ada") => {
      await putLine(at);
      const runner = await at.register(name);
      const socket = await connect(plane, at, runner.token);
      await socket.hello(hello);
      return { at, runner, socket };
    };
    const nextJob = async (socket: TestSocket, count = 1) => {
      await socket.until(`${count} jobs must come`, () => socket.jobs().length >= count);
      return socket.jobs()[count - 1]!;
    };
    const sleep = (at: TestProject) => plane.evict("JOB_QUEUE", at.queueName);

    await t.step("a job is pushed as soon as there is one, and its report is answered", async () => {
      const { at, socket } = await open();
      await using _ = socket;
      socket.say({ type: "want", credit: 1 });
      const taskId = await submit(at);
      const job = await nextJob(socket);
      assert.equal(job.agentDefinition.taskId, taskId);
      assert.equal(await statusOf(at, taskId), "claimed");
      const answer = await socket.must("report", reportOf(job));
      assert.deepEqual([answer.ok, answer.cancel, answer.leaseUntil], [true, false, null]);
      assert.equal(await statusOf(at, taskId), "completed");
      assert.ok((await socket.ask("report", reportOf(job))).ok, "the same report again is accepted");
      const other = await socket.ask("report", reportOf(job, { jobResult: "failed" }));
      assert.equal(other.ok ? null : other.error.code, "run_finished");
    });

    await t.step("a runner gets no more jobs than it asked for and may hold", async () => {
      const { at, socket } = await open({ maxJobs: 3 });
      await using _ = socket;
      for (let n = 0; n < 6; n++) await submit(at, `t${n}`);
      socket.say({ type: "want", credit: 2 });
      await nextJob(socket, 2);
      await socket.must("heartbeat", { runs: [] });
      assert.equal(socket.jobs().length, 2, "its credit is spent");
      socket.say({ type: "want", credit: 5 });
      const third = await nextJob(socket, 3);
      await socket.must("heartbeat", { runs: [] });
      assert.equal(socket.jobs().length, 3, "its hands are full");
      await socket.must("report", reportOf(third));
      await nextJob(socket, 4);
      assert.deepEqual(await socket.must("drain"), { credit: 0 });
      await socket.must("report", reportOf(socket.jobs()[0]!));
      await socket.must("heartbeat", { runs: [] });
      assert.equal(socket.jobs().length, 4, "it takes no more after it said so");
    });

    await t.step("what comes in one frame is answered in one frame, in order", async () => {
      const { at, socket } = await open({ maxJobs: 10 });
      await using _ = socket;
      for (let n = 0; n < 10; n++) await submit(at, `t${n}`);
      socket.say({ type: "want", credit: 10 });
      await nextJob(socket, 10);
      assert.equal(socket.frames.length, 2, "a hello, and ten jobs");
      const jobs = socket.jobs();
      const reports = jobs.map((job, n) => ({ type: "report", id: 100 + n, ...reportOf(job) }));
      socket.say(...reports, { type: "want", credit: 1 });
      await socket.until("all must be answered", () => socket.heard.length >= 21);
      const answers = socket.frames[2]!.map((one) => one.type === "answer" ? one.id : one.type);
      assert.deepEqual(answers, reports.map(({ id }) => id));
    });

    await t.step("one heartbeat speaks for all runs, and each has its verdict", async () => {
      const { at, socket } = await open({ maxJobs: 2 });
      await using _ = socket;
      const [first, second] = [await submit(at, "a"), await submit(at, "b")];
      socket.say({ type: "want", credit: 2 });
      await nextJob(socket, 2);
      const jobs = socket.jobs();
      const runs = jobs.map((job) => ({ runId: job.runId, leaseEpoch: job.leaseEpoch }));
      const beat = await socket.must("heartbeat", { runs: [...runs, { runId: "nobody", leaseEpoch: 1 }] });
      assert.deepEqual(beat.runs.map((one) => one.ok ? one.cancel : one.error["code"]), [
        false,
        false,
        "run_not_found",
      ]);
      assert.deepEqual([await statusOf(at, first), await statusOf(at, second)], [
        "in_progress",
        "in_progress",
      ]);
      await at.advance(LEASE_AND_MORE_MS);
      const late = await socket.must("heartbeat", { runs });
      assert.deepEqual(late.runs.map((one) => one.ok || one.error["code"]), ["stale_lease", "stale_lease"]);
    });

    await t.step("a cancel reaches a connected runner at once, also one whose queue slept", async () => {
      const { at, socket } = await open();
      await using _ = socket;
      const taskId = await submit(at);
      socket.say({ type: "want", credit: 1 });
      const job = await nextJob(socket);
      await sleep(at);
      await at.must(200, "POST", `/tasks/${taskId}/cancel`, { body: { reason: "enough" } });
      await socket.until("a cancel must come", () => socket.heard.some((one) => one.type === "cancel"));
      const cancel = socket.heard.find((one) => one.type === "cancel");
      assert.deepEqual(cancel, { type: "cancel", runId: job.runId, jobId: job.id });
      const beat = await socket.must("heartbeat", { runs: [{ runId: job.runId, leaseEpoch: 1 }] });
      assert.equal(beat.runs[0]!.ok && beat.runs[0]!.cancel, true);
    });

    await t.step("a draining runner is told so, and gets nothing", async () => {
      const { at, runner, socket } = await open();
      await using _ = socket;
      socket.say({ type: "want", credit: 1 });
      await at.must(200, "POST", `/runners/${runner.id}/drain`);
      await socket.until("a drain must come", () => socket.heard.some((one) => one.type === "drain"));
      await submit(at);
      await socket.must("heartbeat", { runs: [] });
      assert.deepEqual(socket.jobs(), []);
    });

    await t.step("a queue that slept still knows who waits, for how many jobs, and since when", async () => {
      const at = plane.project();
      const { socket: ada } = await open({ maxJobs: 2 }, at, "ada");
      const { socket: bob } = await open({}, at, "bob");
      ada.say({ type: "want", credit: 2 });
      await ada.must("heartbeat", { runs: [] });
      bob.say({ type: "want", credit: 1 });
      await bob.must("heartbeat", { runs: [] });
      await sleep(at);
      await submit(at, "1");
      await nextJob(ada);
      assert.equal(bob.jobs().length, 0, "who waits longest goes first");
      await sleep(at);
      await submit(at, "2");
      await nextJob(bob);
      await sleep(at);
      await submit(at, "3");
      await nextJob(ada, 2);
      await sleep(at);
      await submit(at, "4");
      await ada.must("heartbeat", { runs: [] });
      assert.deepEqual([ada.jobs().length, bob.jobs().length], [2, 1], "credit is not lost and not doubled");
      await Promise.all([ada[Symbol.asyncDispose](), bob[Symbol.asyncDispose]()]);
    });

    await t.step("an idle runner is online as long as it is connected", async () => {
      const { at, socket } = await open();
      await at.advance(OFFLINE_MS * 10);
      await sleep(at);
      assert.equal((await at.must(200, "GET", "/runners"))[0].status, "online");
      socket.raw("ping");
      await socket[Symbol.asyncDispose]();
      await until("a runner that left must be seen as such", async () => {
        const [seen] = await at.must(200, "GET", "/runners");
        await at.advance(OFFLINE_MS);
        return seen.status === "offline" ? true : null;
      });
    });

    await t.step(
      "a job whose message was lost comes again on the next connection, as the same run",
      async () => {
        const { at, runner, socket } = await open({ maxJobs: 2 });
        await submit(at, "known");
        await submit(at, "lost");
        socket.say({ type: "want", credit: 2 });
        await nextJob(socket, 2);
        const [known, lost] = socket.jobs();
        await socket[Symbol.asyncDispose]();
        await using again = await connect(plane, at, runner.token);
        await again.hello({ maxJobs: 2, runs: [{ runId: known!.runId, leaseEpoch: known!.leaseEpoch }] });
        const job = await nextJob(again);
        assert.deepEqual([job.runId, job.leaseEpoch], [lost!.runId, lost!.leaseEpoch]);
        await again.must("heartbeat", { runs: [] });
        assert.equal(again.jobs().length, 1, "what it knows does not come again");
      },
    );

    await t.step("a runner's newest connection is the one that counts", async () => {
      const { at, runner, socket: old } = await open();
      old.say({ type: "want", credit: 1 });
      await old.must("heartbeat", { runs: [] });
      await sleep(at);
      await using fresh = await connect(plane, at, runner.token);
      await fresh.hello();
      assert.equal(await old.closed, 4409);
      fresh.say({ type: "want", credit: 1 });
      await submit(at);
      await nextJob(fresh);
      assert.equal(old.jobs().length, 0);
    });

    await t.step("an offer claims nothing; its claim does, and another's comes too late", async () => {
      const at = plane.project();
      const { socket: ada } = await open({ takes: "offer", capabilities: ["x"] }, at, "ada");
      const { socket: bob } = await open({ takes: "offer", capabilities: ["x"] }, at, "bob");
      const taskId = await submit(at);
      ada.say({ type: "want", credit: 1 });
      bob.say({ type: "want", credit: 1 });
      const offer = await nextJob(ada);
      await nextJob(bob);
      assert.equal(offer.runId, undefined);
      assert.equal(await statusOf(at, taskId), "queued");
      const claimed = await bob.must("claim", { jobId: offer.id });
      assert.equal((await bob.must("claim", { jobId: offer.id })).runId, claimed.runId, "it may be repeated");
      const late = await ada.ask("claim", { jobId: offer.id });
      assert.equal(late.ok ? null : late.error.code, "job_not_queued");
      await Promise.all([ada[Symbol.asyncDispose](), bob[Symbol.asyncDispose]()]);
    });

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

    await t.step("needs and labels decide on a socket as they do on a poll", async () => {
      const at = plane.project();
      await putLine(at, { name: "L", stations: [station("make", { labels: ["gpu"], needs: ["git:push"] })] });
      const hello = { capabilities: ["git:push"] };
      const runners = await Promise.all([
        at.register("no_label"),
        at.register("no_need", ["gpu"]),
        at.register("both", ["gpu"]),
      ]);
      const sockets = await Promise.all(runners.map((runner) => connect(plane, at, runner.token)));
      for (const [n, socket] of sockets.entries()) {
        await socket.hello(n === 1 ? { capabilities: [] } : hello);
        socket.say({ type: "want", credit: 1 });
        await socket.must("heartbeat", { runs: [] });
      }
      await submit(at);
      await nextJob(sockets[2]!);
      assert.deepEqual(sockets.map((socket) => socket.jobs().length), [0, 0, 1]);
      for (const socket of sockets) await socket[Symbol.asyncDispose]();
    });
  },
});
