/**
 * Runners of every transport at one queue, in real workerd: short polls, long polls, event streams, sockets that take
 * claims and sockets that take offers. As many jobs as runners are submitted while everybody asks; then each runner must
 * come to hold exactly one, whatever the mix, the order and the sleeps of the queue in between: no job goes twice, and
 * nobody starves.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { PolledJob, RunnerRegistered } from "../../protocol/line/runner.ts";
import { startPlane, type TestPlane, type TestProject } from "../fake/plane.ts";
import { connect } from "../fake/socket_client.ts";
import { putLine, readTask, submit } from "../worker/work_fixture.ts";

const KINDS = ["short_poll", "long_poll", "events", "socket_claim", "socket_offer"] as const;
type Kind = (typeof KINDS)[number];

const ROUND_MAX_MS = 30_000;
const RUNS = 6;

interface Mix {
  readonly kinds: readonly Kind[];
  /** Does the queue sleep before the first card, and after which one? */
  readonly rounds: readonly { readonly sleepsBefore: boolean; readonly sleepsAfter: number }[];
}

interface Worker {
  /** Asks until it holds a job; `onAsked` is called once it is known to ask. */
  take(onAsked: () => void): Promise<PolledJob>;
  report(job: PolledJob): Promise<void>;
  close(): Promise<void>;
}

const success = (job: PolledJob) => ({
  jobResult: "success",
  exitCode: 0,
  error: null,
  jobId: job.id,
  runId: job.runId,
  leaseEpoch: job.leaseEpoch,
});

async function pollOnce(at: TestProject, { token }: RunnerRegistered, waitSeconds: number) {
  const headers = { prefer: `wait=${waitSeconds}` };
  const answer = await at.call("POST", "/runners/jobs", { token, body: {}, headers });
  assert.ok(answer.status === 200 || answer.status === 204, answer.text);
  return answer.status === 200 ? answer.json.jobs[0] as PolledJob : null;
}

async function start(plane: TestPlane, at: TestProject, kind: Kind, name: string): Promise<Worker> {
  const runner = await at.register(name);
  const report = async (job: PolledJob) => {
    await at.must(200, "PATCH", `/runners/${runner.id}`, { token: runner.token, body: success(job) });
  };
  const close = () => Promise.resolve();
  switch (kind) {
    case "short_poll":
    case "long_poll":
      return {
        report,
        close,
        take: async (onAsked) => {
          onAsked();
          for (;;) {
            const job = await pollOnce(at, runner, kind === "long_poll" ? 2 : 0);
            if (job !== null) return job;
          }
        },
      };
    case "events":
      return {
        report,
        close,
        take: (onAsked) => {
          onAsked();
          return takeByEvents(plane, at, runner);
        },
      };
    case "socket_claim":
    case "socket_offer": {
      const takes = kind === "socket_claim" ? "claim" : "offer";
      const socket = await connect(plane, at, runner.token);
      await socket.hello({ takes });
      let seen = 0;
      return {
        close: async () => await socket[Symbol.asyncDispose](),
        report: async (job) => void await socket.must("report", { report: success(job) }),
        take: async (onAsked) => {
          for (;;) {
            socket.say({ type: "want", credit: 1 });
            await socket.must("heartbeat", { runs: [] });
            onAsked();
            await socket.until("a job must come", () => socket.jobs().length > seen);
            const job = socket.jobs()[seen++]!;
            assert.equal(socket.jobs().length, seen, "one credit, one job");
            if (takes === "claim") return job;
            const claimed = await socket.ask("claim", { jobId: job.id });
            if (claimed.ok) return claimed.value;
          }
        },
      };
    }
  }
}

/** Polls when the stream says so. */
async function takeByEvents(plane: TestPlane, at: TestProject, runner: RunnerRegistered): Promise<PolledJob> {
  const ended = new AbortController();
  const response = await fetch(`${plane.url}${at.base}/runners/events`, {
    headers: { authorization: `Bearer ${runner.token}` },
    signal: ended.signal,
  });
  try {
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const job = text.includes("job_available") ? await pollOnce(at, runner, 0) : null;
      if (job !== null) return job;
    }
    throw new Error("Cannot go on as the stream must stay open: it ended");
  } finally {
    ended.abort();
  }
}

Deno.test({
  name: "transports mixed on one queue: each job goes to one runner, and each runner gets one",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    await using plane = await startPlane();
    // An object with a request under way does not sleep: where it is to sleep, nobody polls.
    const awake = fc.record({
      kinds: fc.shuffledSubarray([...KINDS, ...KINDS], { minLength: 3, maxLength: 7 }),
      rounds: fc.array(fc.constant({ sleepsBefore: false, sleepsAfter: -1 }), { minLength: 1, maxLength: 3 }),
    });
    const asleep = fc.record({
      kinds: fc.array(fc.constantFrom("socket_claim", "socket_offer"), { minLength: 2, maxLength: 6 }),
      rounds: fc.array(
        fc.record({ sleepsBefore: fc.boolean(), sleepsAfter: fc.integer({ min: -1, max: 5 }) }),
        {
          minLength: 1,
          maxLength: 2,
        },
      ),
    });
    const mix: fc.Arbitrary<Mix> = fc.oneof(awake, asleep);
    await fc.assert(
      fc.asyncProperty(mix, async ({ kinds, rounds }) => {
        const at = plane.project();
        await putLine(at);
        const workers: Worker[] = [];
        for (const [n, kind] of kinds.entries()) workers.push(await start(plane, at, kind, `${kind}_${n}`));
        const hibernate = () => plane.evict("JOB_QUEUE", at.queueName);
        for (const { sleepsBefore, sleepsAfter } of rounds) {
          let asking = 0;
          const everybody = Promise.withResolvers<void>();
          const taking = Promise.all(workers.map((worker) =>
            worker.take(() => {
              if (++asking === workers.length) everybody.resolve();
            })
          ));
          await everybody.promise;
          if (sleepsBefore) await hibernate();
          const taskIds: string[] = [];
          for (let n = 0; n < workers.length; n++) {
            taskIds.push(await submit(at, `t${n}`));
            if (n === sleepsAfter) await hibernate();
          }
          const jobs = await within(taking, `every one of ${kinds} must hold a job`);
          assert.equal(
            new Set(jobs.map((job) => job.id)).size,
            workers.length,
            "each job went to one runner",
          );
          await Promise.all(workers.map((worker, n) => worker.report(jobs[n]!)));
          for (const taskId of taskIds) {
            const task = await readTask(at, taskId);
            assert.deepEqual([task.status, task.history.length, task.history[0].runs], ["completed", 1, 1]);
          }
        }
        for (const worker of workers) await worker.close();
      }),
      { numRuns: RUNS },
    );
  },
});

async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const deadline = setTimeout(
    () => reject(new Error(`Cannot go on as ${what}: it took too long`)),
    ROUND_MAX_MS,
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(deadline);
  }
}
