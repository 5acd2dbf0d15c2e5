/** Line 5: leases, timeouts on the server, waiting for work. Time passes by the bench, in truth or by a moved clock. */
import { holds, same, sleep } from "../check.ts";
import { answerText, isOk } from "../wire.ts";
import { outcome, rule, same200, type ServerBench, type ServerCheck, statusIs } from "./bench.ts";

/** Slow only where time is real. */
function leaseOf(bench: ServerBench): number {
  holds(bench.leaseMs !== null, "the server's lease to be known (--lease-ms)", "nothing");
  return bench.leaseMs;
}

/** A runner reports its own timeouts: a server may leave it this long to do so. */
const GRACE_MAX_MS = 180_000;

/** A job that its runner keeps alive and never ends is cancelled by the server, and takes the rule of cancelled. */
async function endsByTimeout(bench: ServerBench, trigger: Readonly<Record<string, number>>): Promise<void> {
  const world = await bench.world([{ id: "a", trigger }, "b"], { rules: [rule("a", "cancelled", "b")] });
  const { taskId, job } = await world.submitAndTake();
  // A server can only tell silence from a runner that sends output at all.
  const said = await world.runner.call("POST", `/runs/${job.runId}/jobs/${job.id}/logs`, {
    body: "started\n",
    headers: { "content-type": "text/plain" },
  });
  holds(isOk(said), "2xx to output", answerText(said));
  const stepMs = Math.min(10_000, leaseOf(bench) * 0.4);
  let isOver = false;
  for (let passedMs = 0; passedMs < GRACE_MAX_MS && !isOver; passedMs += stepMs) {
    await bench.passTime(stepMs);
    const beat = await world.runner.report({ jobResult: "in_progress", jobId: job.id });
    isOver = !isOk(beat) || beat.json?.cancel === true;
  }
  await world.taskBecomes(taskId, { columnId: "b" });
  statusIs(await world.runner.report(outcome("success", { jobId: job.id })), [409], "the run is over");
  const other = await bench.register([world.label]);
  same("the station", (await other.next()).agentDefinition.stageId, "b");
  await other.finish("success");
  await world.taskBecomes(taskId, { status: "completed" });
}

export const TIME_CHECKS: readonly ServerCheck[] = [
  {
    id: "lease.renewed",
    section: "5, A6",
    level: "pick",
    claim: "lease",
    isSlow: true,
    says: "a runner that sends in_progress keeps its job for longer than a lease",
    async run(bench) {
      const world = await bench.world(["a"]);
      const { taskId } = await world.submitAndTake();
      for (let i = 0; i < 4; i++) {
        await bench.passTime(leaseOf(bench) * 0.5);
        same200("a heartbeat", await world.runner.heartbeat());
      }
      await world.runner.finish("success");
      await world.taskBecomes(taskId, { status: "completed" });
    },
  },
  {
    id: "lease.expires",
    section: "5, A6",
    level: "pick",
    claim: "lease",
    isSlow: true,
    says: "a silent runner loses its job, its late report is 409 and changes nothing",
    async run(bench) {
      const world = await bench.world(["a"], { rules: [rule("a", "cancelled", "a")] });
      const { taskId, job } = await world.submitAndTake();
      await bench.passTime(leaseOf(bench) * 1.5);
      // Queued again, or cancelled with a rule that retries: in both cases somebody else gets the station.
      const other = await bench.register([world.label]);
      const again = await other.next();
      same("the task", again.agentDefinition.taskId, taskId);
      holds(again.runId !== job.runId, "another run", again.runId);
      statusIs(await world.runner.report(outcome("success", { jobId: job.id })), [409], "the lease is over");
      statusIs(await world.runner.report(outcome("failed")), [409], "the lease is over");
      await world.taskBecomes(taskId, { status: "claimed" });
      await other.finish("success");
      await world.taskBecomes(taskId, { status: "completed" });
    },
  },
  {
    id: "lease.ends_jobs",
    section: "5",
    level: "pick",
    claim: "lease",
    isSlow: true,
    says: "a job whose runners are lost again and again ends, and the task fails",
    async run(bench) {
      const world = await bench.world(["a"]);
      const taskId = await world.submit();
      for (let lost = 0; lost < 10; lost++) {
        const polled = await (await bench.register([world.label])).poll();
        if (polled.status === 204) break;
        await bench.passTime(leaseOf(bench) * 1.5);
      }
      await world.taskBecomes(taskId, { status: "failed" });
    },
  },
  {
    id: "timeout.max",
    section: "2.2, 5",
    level: "pick",
    claim: "server-timeouts",
    isSlow: true,
    says: "a job that outlives maxTimeoutMinutes is cancelled by the server, heartbeats or not",
    run: (bench) => endsByTimeout(bench, { maxTimeoutMinutes: 0.1 }),
  },
  {
    id: "timeout.idle",
    section: "2.2, 5",
    level: "pick",
    claim: "server-timeouts",
    isSlow: true,
    says:
      "a job whose agent is silent for idleTimeoutMinutes is cancelled by the server: heartbeats are no output",
    run: (bench) => endsByTimeout(bench, { idleTimeoutMinutes: 0.1 }),
  },
  {
    id: "long_poll.waits",
    section: "5",
    level: "MAY",
    claim: "long-poll",
    says: "a poll with Prefer: wait is answered as soon as there is a job",
    async run(bench) {
      const world = await bench.world(["a"]);
      const startedMs = performance.now();
      const waiting = world.runner.poll(undefined, { prefer: "wait=10" });
      await sleep(300);
      const taskId = await world.submit();
      const answer = await waiting;
      const tookMs = performance.now() - startedMs;
      holds(answer.status === 200, "200 with the job", answerText(answer));
      same("the task", answer.json.jobs[0].agentDefinition.taskId, taskId);
      holds(tookMs >= 290 && tookMs < 5_000, "an answer when the job came, after 300 ms", `${tookMs} ms`);
      await world.runner.finish("success");
    },
  },
  {
    id: "long_poll.bounded",
    section: "5",
    level: "MAY",
    claim: "long-poll",
    says: "a poll with Prefer: wait=1 and no work is 204 after about a second",
    async run(bench) {
      const runner = await bench.register([bench.fresh("label")]);
      const startedMs = performance.now();
      const answer = await runner.poll(undefined, { prefer: "wait=1" });
      const tookMs = performance.now() - startedMs;
      holds(answer.status === 204, "204", answerText(answer));
      holds(tookMs > 500 && tookMs < 5_000, "about 1000 ms", `${Math.round(tookMs)} ms`);
    },
  },
  {
    id: "short_poll.at_once",
    section: "5",
    level: "MUST",
    says: "a poll that asks for no waiting is answered at once",
    async run(bench) {
      const runner = await bench.register([bench.fresh("label")]);
      const startedMs = performance.now();
      await runner.getsNothing("there is no job");
      const tookMs = performance.now() - startedMs;
      holds(tookMs < 2_000, "an answer within 2 s", `${Math.round(tookMs)} ms`);
    },
  },
  {
    id: "cancel.running",
    section: "7 rule 1, A20",
    level: "pick",
    claim: "cancel",
    says: "the heartbeat of a cancelled job is answered with cancel, and the task fails",
    async run(bench) {
      const world = await bench.world(["a"]);
      const { taskId, job } = await world.submitAndTake();
      same200("a heartbeat", await world.runner.heartbeat());
      await world.cancel(taskId);
      const beat = await world.runner.report({ jobResult: "in_progress", jobId: job.id });
      statusIs(beat, [200, 409], "the job is cancelled");
      if (beat.status === 200) same("cancel", beat.json?.cancel, true);
      const report = await world.runner.report(outcome("failed", { jobId: job.id }));
      statusIs(report, [200, 409], "the runner says that it stopped");
      await world.taskBecomes(taskId, { status: "failed" });
      await world.runner.getsNothing("it is free, and there is no job");
    },
  },
  {
    id: "cancel.queued",
    section: "7 rule 1, A9",
    level: "pick",
    claim: "cancel",
    says: "a cancelled job that nobody took is not handed out, and without a rule the task fails",
    async run(bench) {
      const world = await bench.world(["a"]);
      const taskId = await world.submit();
      await world.cancel(taskId);
      await world.taskBecomes(taskId, { status: "failed" });
      await world.runner.getsNothing("the job was cancelled");
    },
  },
];
