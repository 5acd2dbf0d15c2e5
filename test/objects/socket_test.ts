/** The socket of runners in real workerd: jobs, credit, sleeps of the queue, connections that are lost. */
import assert from "node:assert/strict";
import { startPlane, type TestProject } from "../fake/plane.ts";
import { connect, nextJob, openRunner, reportOf } from "../fake/socket_client.ts";
import { until } from "../worker/until.ts";
import { putLine, readTask, station, submit } from "../worker/work_fixture.ts";

const OFFLINE_MS = 61_000;
const LEASE_AND_MORE_MS = 91_000;

const statusOf = async (at: TestProject, id: string) => (await readTask(at, id)).status;

Deno.test({
  name: "the socket of a queue",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    const open = (hello?: object, at?: TestProject, name?: string) => openRunner(plane, hello, at, name);
    const hibernate = (at: TestProject) => plane.evict("JOB_QUEUE", at.queueName);

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
      await hibernate(at);
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
      await using again = await connect(plane, at, runner.token);
      await again.hello();
      await again.until("it must be told again", () => again.heard.some((one) => one.type === "drain"));
    });

    await t.step("a queue that slept still knows who waits, for how many jobs, and since when", async () => {
      const at = plane.project();
      const { socket: ada } = await open({ maxJobs: 2 }, at, "ada");
      const { socket: bob } = await open({}, at, "bob");
      ada.say({ type: "want", credit: 2 });
      await ada.must("heartbeat", { runs: [] });
      bob.say({ type: "want", credit: 1 });
      await bob.must("heartbeat", { runs: [] });
      await hibernate(at);
      await submit(at, "1");
      await nextJob(ada);
      assert.equal(bob.jobs().length, 0, "who waits longest goes first");
      await hibernate(at);
      await submit(at, "2");
      await nextJob(bob);
      await hibernate(at);
      await submit(at, "3");
      await nextJob(ada, 2);
      await hibernate(at);
      await submit(at, "4");
      await ada.must("heartbeat", { runs: [] });
      assert.deepEqual([ada.jobs().length, bob.jobs().length], [2, 1], "credit is not lost and not doubled");
      await Promise.all([ada[Symbol.asyncDispose](), bob[Symbol.asyncDispose]()]);
    });

    await t.step("an idle runner is online as long as it is connected", async () => {
      const { at, socket } = await open();
      await at.advance(OFFLINE_MS * 10);
      await hibernate(at);
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
      await hibernate(at);
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
