/** Line 4.2: the same runner against a server that speaks the reference's dialect. */
import { holds, same } from "../check.ts";
import type { RunnerCheck, RunnerSession } from "./bench.ts";

const check = (
  id: string,
  section: string,
  says: string,
  run: (session: RunnerSession) => Promise<void>,
): RunnerCheck => ({
  id: `reference.${id}`,
  section,
  level: "pick",
  claim: "reference-dialect",
  says,
  run: async (bench) => run(await bench.shared("reference")),
});

export const RUNNER_REFERENCE_CHECKS: readonly RunnerCheck[] = [
  {
    id: "reference.registers",
    section: "4.2, A1",
    level: "pick",
    claim: "reference-dialect",
    says: "registers at /runners where there is no /runners/register",
    async run(bench) {
      await using session = await bench.open({ dialect: "reference", isRegisterPathStrict: true });
      await session.untilPolled();
      same("registrations", session.server.registrations.length, 1);
    },
  },
  check("polls_with_capabilities", "4.2", "every poll carries its capabilities", async (session) => {
    await session.untilPolled();
    same("what the dialect does not allow", session.server.violations, []);
  }),
  check(
    "success",
    "4.2",
    "claims an offered job, and reports the run completed with success",
    async (session) => {
      const job = session.addJob("exit 0");
      const report = await session.ended(job);
      same("via", report.via, "run");
      same("status", report.body.status, "completed");
      same("conclusion", report.body.conclusion, "success");
      const claims = session.server.calls.filter((call) => call.path === "/runners/generate-jitconfig");
      holds(claims.some((call) => call.body.includes(job.id)), "a claim of the job", claims.length);
    },
  ),
  check("failure", "4.2", "reports a failed run as completed with failure", async (session) => {
    const report = await session.run("exit 5");
    same("conclusion", report.body.conclusion, "failure");
  }),
  check("in_progress", "4.2", "tells that the run is in progress", async (session) => {
    const job = session.addJob("sleep 2");
    await session.ended(job);
    holds(job.heartbeats.length > 0, "status in_progress", "none");
  }),
  check(
    "claim_lost",
    "4.2",
    "a claim that somebody else won is skipped in silence, and the next job is run",
    async (session) => {
      const lost = session.addJob("exit 0");
      session.server.intercept = (call) => {
        if (call.path !== "/runners/generate-jitconfig" || !call.body.includes(lost.id)) return null;
        lost.state = "ended";
        return new Response("taken", { status: 409 });
      };
      const report = await session.run("exit 0");
      session.server.intercept = () => null;
      same("conclusion", report.body.conclusion, "success");
      same("reports of the lost job", lost.terminals.length, 0);
    },
  ),
  check(
    "repository_names",
    "2.10",
    "stageGitUrl and stageGitToken are understood as the task's repository",
    async (session) => {
      const taskId = "task-of-the-reference";
      const { url, token } = await session.server.makeTaskRepository(taskId);
      const script =
        'test -n "$ASSEMBLY_LINE_REPO_URL" || exit 11; test -n "$ASSEMBLY_LINE_REPO_TOKEN" || exit 12; exit 0';
      const more = { taskId, stageGitUrl: url, stageGitToken: token, assemblyLineId: "line-1" };
      const report = await session.run(script, more);
      same("conclusion", report.body.conclusion, "success");
    },
  ),
];
