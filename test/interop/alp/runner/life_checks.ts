/** Line 5, 11, 12 and the runner's rows of Line 17: registration, the polling loop, signals, delivery of reports. */
import { holds, same, sleep } from "../check.ts";
import type { RecordedCall } from "../strict/record.ts";
import type { Intercept } from "../strict_server.ts";
import { HEARTBEAT_SECONDS, POLL_SECONDS, type RunnerCheck } from "./bench.ts";

const isReport = (call: RecordedCall) =>
  call.method === "PATCH" && /^\/runners\/[^/]+$/.test(call.path) && !call.body.includes('"in_progress"');

/** Answers the first `count` terminal reports with `answer`, and keeps the bodies of all that come. */
function refusing(count: number, answer: () => Response | "cut") {
  const bodies: string[] = [];
  const intercept: Intercept = (call) => isReport(call) && bodies.push(call.body) <= count ? answer() : null;
  return { bodies, intercept };
}

/** Asks for a job after `polls` answers of this kind. */
function pollAnswers(id: string, says: string, answer: () => Response | "cut"): RunnerCheck {
  return {
    id: `poll.${id}`,
    section: id === "404" ? "3.1, 4.2" : "4.2, 5",
    level: id === "404" ? "pick" : "behaviour",
    says,
    async run(bench) {
      let polls = 0;
      const odd: Intercept = (call) => call.path === "/runners/jobs" && ++polls <= 3 ? answer() : null;
      await bench.intercepted(odd, async (session) => {
        const job = session.addJob("exit 0");
        same("jobResult", (await session.ended(job)).body.jobResult, "success");
        holds(polls > 3, "polls after the odd answers", polls);
      });
    },
  };
}

export const RUNNER_LIFE_CHECKS: readonly RunnerCheck[] = [
  {
    id: "runner.registers_once",
    section: "11, 17",
    level: "MUST",
    says:
      "registers with its name and labels before it polls, keeps id and token, and uses them after a restart",
    async run(bench) {
      await using session = await bench.open();
      await session.untilPolled();
      const { server } = session;
      same("registrations", server.registrations.length, 1);
      same("the name", server.registrations[0]!.name, "interop-runner");
      same("the labels", [...server.registrations[0]!.labels].sort(), [...session.labels].sort());
      session.signal("SIGTERM");
      await session.exited;
      session.start();
      await session.untilPolled();
      same("registrations after a restart", server.registrations.length, 1);
      same("the token of the last poll", server.polls().at(-1)!.token, server.registrations[0]!.token);
    },
  },
  {
    id: "runner.polls_with_bearer",
    section: "3 row 2, 17",
    level: "MUST",
    says: "every call carries a bearer token, and every poll the runner's",
    async run(bench) {
      const { server } = await bench.shared("spec").then(async (session) => {
        await session.untilPolled();
        return session;
      });
      holds(server.calls.every((call) => call.token !== null), "a bearer token on every call", "one without");
      const { token } = server.registrations[0]!;
      holds(
        server.polls().every((call) => call.token === token),
        "the runner's token on every poll",
        "another",
      );
    },
  },
  {
    id: "runner.waits_on_204",
    section: "5, 17",
    level: "MUST",
    says: "after a 204 it waits the polling interval, and polls again",
    async run(bench) {
      await using session = await bench.open();
      await session.until("five polls", () => session.server.polls().length >= 5 ? true : null);
      const polls = session.server.polls();
      for (let i = 1; i < polls.length; i++) {
        const gapMs = polls[i]!.atMs - polls[i - 1]!.answeredAtMs!;
        holds(gapMs >= POLL_SECONDS * 800, `at least ${POLL_SECONDS * 800} ms between polls`, `${gapMs} ms`);
        holds(gapMs < POLL_SECONDS * 1_000 + 5_000, "another poll soon after", `${gapMs} ms`);
      }
    },
  },
  pollAnswers("404", "404 to a poll means no job", () => new Response("not found", { status: 404 })),
  pollAnswers("500", "an error is no end: it polls again", () => new Response("oops", { status: 500 })),
  pollAnswers("cut", "a cut connection is no end", () => "cut"),
  pollAnswers(
    "no_json",
    "an answer that is no JSON is no end",
    () => new Response("<html>", { status: 200 }),
  ),
  pollAnswers("empty_200", "200 with an empty body means no job", () => new Response(null, { status: 200 })),
  pollAnswers("null", "200 with null means no job", () => Response.json(null)),
  pollAnswers("no_jobs", "200 without jobs means no job", () => Response.json({ jobs: [] })),
  {
    id: "runner.one_at_a_time",
    section: "12, 17",
    level: "MUST",
    says: "of two queued jobs it does one after the other",
    async run(bench) {
      const session = await bench.shared("spec");
      const first = session.addJob("sleep 0.3");
      const second = session.addJob("exit 0");
      await session.ended(first);
      await session.ended(second);
      holds(second.takenAtMs! >= first.endedAtMs!, "the second after the first's end", "before it");
    },
  },
  {
    id: "runner.heartbeat",
    section: "3 row 3, 17",
    level: "SHOULD",
    claim: "heartbeat",
    says: "sends in_progress while a job runs, and nothing after its end",
    async run(bench) {
      const session = await bench.shared("spec");
      const job = session.addJob(`sleep ${HEARTBEAT_SECONDS * 6}`);
      await session.ended(job);
      holds(job.heartbeats.length >= 3, "at least 3 reports of in_progress", job.heartbeats.length);
      const before = job.heartbeats.length;
      await sleep(HEARTBEAT_SECONDS * 2_500);
      same("heartbeats after the end", job.heartbeats.length - before, 0);
      same("what the protocol does not allow", session.server.violations, []);
    },
  },
  {
    id: "runner.sigterm",
    section: "12, 17",
    level: "SHOULD",
    claim: "sigterm",
    says: "on SIGTERM it finishes the current job, reports it, takes no other, and ends",
    async run(bench) {
      await using session = await bench.open();
      const job = session.addJob("sleep 2");
      const other = session.addJob("exit 0");
      await session.until("the job to be taken", () => job.state === "held" ? true : null);
      session.signal("SIGTERM");
      await session.exited;
      same("jobResult", job.terminal?.body.jobResult, "success");
      same("the other job", other.state, "queued");
      same("what the protocol does not allow", session.server.violations, []);
    },
  },
  {
    id: "report.retried_on_500",
    section: "5",
    level: "pick",
    claim: "report-retry",
    says: "a terminal report that is answered 500 is sent again, the same, until 2xx, and then no more",
    async run(bench) {
      const { bodies, intercept } = refusing(3, () => new Response("oops", { status: 500 }));
      await bench.intercepted(intercept, async (session) => {
        same("exitCode", (await session.run("exit 3")).body.exitCode, 3);
        same("different reports", new Set(bodies).size, 1);
        await session.untilPolled();
        same("reports, the one that was taken included", bodies.length, 4);
      });
    },
  },
  {
    id: "report.retried_on_cut",
    section: "5",
    level: "pick",
    claim: "report-retry",
    says: "a terminal report whose connection is cut is sent again",
    async run(bench) {
      const { bodies, intercept } = refusing(2, () => "cut");
      await bench.intercepted(intercept, async (session) => {
        same("jobResult", (await session.run("exit 0")).body.jobResult, "success");
        holds(bodies.length >= 3, "three reports", bodies.length);
      });
    },
  },
  {
    id: "report.lost_answer",
    section: "5, 3.1",
    level: "pick",
    claim: "report-retry",
    says: "when the answer to a report is lost it repeats the same report, which is taken twice as one",
    async run(bench) {
      const session = await bench.shared("spec");
      const job = session.addJob("exit 4");
      let isLost = false;
      const losing: Intercept = (call) => {
        if (!isReport(call) || isLost) return null;
        isLost = true;
        const report = { atMs: performance.now(), body: JSON.parse(call.body), via: "runner" as const };
        Object.assign(job, { terminal: report, state: "ended", endedAtMs: report.atMs });
        return "cut";
      };
      await bench.intercepted(losing, async () => {
        await session.until("the report again", () => job.terminals.length > 0 ? true : null);
      });
      same("the repeated report", job.terminals[0]!.body, job.terminal!.body);
      same("what the protocol does not allow", session.server.violations, []);
    },
  },
  {
    id: "report.ends_on_409",
    section: "5",
    level: "pick",
    claim: "report-retry",
    says: "a terminal report that is answered 409 is not repeated for ever: it goes on with other work",
    async run(bench) {
      const session = await bench.shared("spec");
      const job = session.addJob("exit 0");
      const { bodies, intercept } = refusing(1_000, () => {
        Object.assign(job, { state: "ended", endedAtMs: performance.now() });
        return new Response("over", { status: 409 });
      });
      await bench.intercepted(intercept, async () => {
        await session.until("the report", () => bodies.length > 0 ? true : null);
        await session.untilPolled();
        same("reports", bodies.length, 1);
      });
    },
  },
  {
    id: "runner.events",
    section: "3 row 6, 5",
    level: "SHOULD",
    claim: "sse",
    says: "uses the server's events: on job_available it polls at once, not after the polling interval",
    async run(bench) {
      await using session = await bench.open({ hasEvents: true, pollSeconds: 30 });
      await session.untilPolled();
      await session.until(
        "GET /runners/events",
        () => session.server.calls.some((call) => call.path === "/runners/events") ? true : null,
        10_000,
      );
      await sleep(1_000);
      const job = session.addJob("exit 0");
      const startedMs = performance.now();
      await session.until("a poll at once", () => job.takenAtMs, 10_000);
      const tookMs = performance.now() - startedMs;
      holds(tookMs < 5_000, "a poll within 5 s", `${tookMs} ms`);
      await session.ended(job);
    },
  },
  {
    id: "runner.cancel",
    section: "A20",
    level: "pick",
    claim: "cancel",
    says: "a heartbeat answered with cancel stops the operator, and the job is reported failed",
    async run(bench) {
      const session = await bench.shared("spec");
      session.server.heartbeatAnswer = { cancel: true };
      try {
        same("jobResult", (await session.run("sleep 45")).body.jobResult, "failed");
      } finally {
        session.server.heartbeatAnswer = undefined;
      }
    },
  },
];
