/** Line 8, 9, 10 and the operator's rows of Line 17: what a job sees, and what becomes of how it ends. */
import { holds, same } from "../check.ts";
import type { RecordedReport } from "../strict/record.ts";
import type { RunnerBench, RunnerCheck, RunnerSession } from "./bench.ts";

/** All three fields, of the types of Line 8. */
function outcomeIs(report: RecordedReport, jobResult: string, exitCode: number | null): void {
  const { body } = report;
  same("jobResult", body.jobResult, jobResult);
  if (exitCode !== null) same("exitCode", body.exitCode, exitCode);
  holds(Number.isInteger(body.exitCode), "exitCode, an integer", body.exitCode);
  if (jobResult === "success") same("error", body.error, null);
  else holds(typeof body.error === "string" && body.error !== "", "error, a text that says why", body.error);
}

/** A script of conditions: the first that does not hold ends it with a code of its own, from 11 on. */
function conditions(...tests: readonly string[]): string {
  return tests.map((test, index) => `if ! ( ${test} ); then exit ${11 + index}; fi`).join("\n") + "\nexit 0";
}

async function allHold(
  session: RunnerSession,
  tests: readonly string[],
  more: Readonly<Record<string, unknown>> = {},
  jobId?: string,
): Promise<void> {
  const { body } = await session.run(conditions(...tests), more, jobId);
  const failed = tests[body.exitCode - 11];
  holds(
    body.jobResult === "success",
    failed === undefined ? "success" : `inside the job: ${failed}`,
    `${body.jobResult} with exit code ${body.exitCode} and error ${body.error}`,
  );
}

const check = (
  id: string,
  section: string,
  level: RunnerCheck["level"],
  says: string,
  run: (session: RunnerSession, bench: RunnerBench) => Promise<void>,
  claim?: string,
): RunnerCheck => ({
  id,
  section,
  level,
  says,
  ...(claim === undefined ? {} : { claim }),
  run: async (bench) => run(await bench.shared("spec"), bench),
});

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}

export const RUNNER_JOB_CHECKS: readonly RunnerCheck[] = [
  check(
    "job.success",
    "8, 17",
    "MUST",
    "exit code 0 is reported as success, 0 and null",
    async (session) => outcomeIs(await session.run("exit 0"), "success", 0),
  ),
  check(
    "job.failure",
    "8, 17",
    "MUST",
    "exit code 7 is reported as failed, 7 and a text",
    async (session) => outcomeIs(await session.run("exit 7"), "failed", 7),
  ),
  check(
    "job.crash",
    "8",
    "behaviour",
    "an agent that is killed is reported as failed",
    async (session) => outcomeIs(await session.run("kill -9 $$"), "failed", null),
  ),
  check(
    "job.prompt",
    "17 Operator",
    "MUST",
    "the agent gets the prompt: its script ran, more than a line of it",
    async (session) => outcomeIs(await session.run("a=4\nb=1\nexit $((a * 10 + b))"), "failed", 41),
  ),
  check(
    "job.unknown_fields",
    "2.7",
    "behaviour",
    "fields of a job that it does not know are no reason to fail",
    async (session) =>
      outcomeIs(
        await session.run("exit 0", {
          someNewField: { a: [1] },
          traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
          taskAssets: [],
          operatorConfigMore: null,
        }),
        "success",
        0,
      ),
  ),
  check(
    "job.task_assets",
    "2.7, 18",
    "behaviour",
    "assets that are gone, have no name of a file or are elsewhere are no reason to fail",
    async (session) =>
      outcomeIs(
        await session.run("exit 0", {
          taskAssets: [
            {
              fileName: "gone.txt",
              mimeType: "text/plain",
              size: 3,
              url: `${session.server.url}/assets/gone.txt`,
            },
            { fileName: "../../escape", mimeType: "text/plain", size: 3, url: "/assets/escape" },
            { fileName: "elsewhere", mimeType: null, size: null, url: "http://files.example/elsewhere" },
            null,
          ],
        }),
        "success",
        0,
      ),
  ),
  check(
    "job.sparse",
    "2.7",
    "behaviour",
    "a job of labels, taskId, stageId and prompt alone is run: the rest is optional",
    async (session) =>
      outcomeIs(
        await session.run("exit 0", {
          repository: undefined,
          branch: undefined,
          idleTimeoutMinutes: undefined,
          maxTimeoutMinutes: undefined,
        }),
        "success",
        0,
      ),
  ),
  check(
    "job.launch_failure",
    "8",
    "pick",
    "an operator that cannot be started is failed, with exit code -1",
    async (session) =>
      outcomeIs(
        await session.run("exit 0", { repository: `${session.server.url}/git/no-such-repository.git` }),
        "failed",
        -1,
      ),
    "launch-failure",
  ),
  check(
    "job.max_timeout",
    "2.2, 5, 17, 22.1",
    "SHOULD",
    "a talkative job that outlives maxTimeoutMinutes is ended and failed, never success",
    async (session) => {
      const job = session.addJob("while true; do echo busy; sleep 0.2; done", {
        idleTimeoutMinutes: 1,
        maxTimeoutMinutes: 0.05,
      });
      const report = await session.ended(job);
      outcomeIs(report, "failed", null);
      const tookMs = job.endedAtMs! - job.takenAtMs!;
      holds(tookMs >= 2_900 && tookMs < 25_000, "an end soon after 3 s", `${Math.round(tookMs)} ms`);
    },
    "timeouts",
  ),
  check(
    "job.idle_timeout",
    "2.2, 5, 17",
    "SHOULD",
    "a silent job is ended after idleTimeoutMinutes and failed",
    async (session) => {
      const job = session.addJob("echo start; sleep 50", { idleTimeoutMinutes: 0.05, maxTimeoutMinutes: 2 });
      const report = await session.ended(job);
      outcomeIs(report, "failed", null);
      const tookMs = job.endedAtMs! - job.takenAtMs!;
      holds(
        tookMs >= 2_900 && tookMs < 25_000,
        "an end soon after 3 s of silence",
        `${Math.round(tookMs)} ms`,
      );
    },
    "timeouts",
  ),
  check("job.idle_spares_the_busy", "2.2, 17", "SHOULD", "a job that talks is not idle", async (session) => {
    const script = "for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.6; done";
    outcomeIs(await session.run(script, { idleTimeoutMinutes: 0.05 }), "success", 0);
  }, "timeouts"),
  check(
    "job.variables",
    "10.1, 17",
    "MUST",
    "the seven standard variables are there: job, token, server, scope and labels",
    async (session) => {
      const { server } = session;
      const jobId = `job-${crypto.randomUUID()}`;
      const tests = [
        `test "$AGENTICS_JOB_ID" = ${jobId}`,
        'test -n "$AGENTICS_BASE_URL"',
        `test "$AGENTICS_OWNER" = ${server.owner}`,
        `test "$AGENTICS_PROJECT_NAME" = ${server.project}`,
        'test "$ALP_JOB_ID" = "$AGENTICS_JOB_ID"',
        'test "$ALP_STATION_LABELS" = interop,second',
        'test -n "${AGENTICS_TOKEN-}"',
      ];
      await allHold(session, tests, { labels: ["interop", "second"] }, jobId);
    },
  ),
  check(
    "job.no_runner_token",
    "10.1, 17, 22.3",
    "MUST",
    "no variable of a job is, or holds, the runner's own token or a user's",
    async (session) => {
      const { server } = session;
      await session.run("exit 0");
      const hashes = [await sha256(server.registrations[0]!.token), await sha256(server.userToken)];
      // The text must not hold the tokens themselves, or a scan of the job's own script would find them.
      const script = `env -0 | while IFS= read -r -d '' pair; do
      for word in $(printf %s "\${pair#*=}" | tr -c 'A-Za-z0-9-' ' '); do
        case $(printf %s "$word" | sha256sum) in ${
        hashes.map((hash) => `${hash}*`).join("|")
      }) exit 12 ;; esac
      done
    done`;
      same("exitCode", (await session.run(script)).body.exitCode, 0);
    },
  ),
  check(
    "job.no_repository",
    "10.1",
    "pick",
    "without a repository its variables are absent, not empty",
    async (session) =>
      allHold(session, [
        'test -z "${ASSEMBLY_LINE_REPO_URL+x}"',
        'test -z "${ASSEMBLY_LINE_REPO_TOKEN+x}"',
      ]),
    "repository-variables",
  ),
  check(
    "job.repository",
    "9, 10.1",
    "MUST",
    "with a repository its url and token are there, and git clones and pushes main with them",
    async (session) => {
      const taskId = "task-with-repository";
      const { url, token } = await session.server.makeTaskRepository(taskId);
      await allHold(session, [
        'test -n "$ASSEMBLY_LINE_REPO_URL" && test -n "$ASSEMBLY_LINE_REPO_TOKEN"',
        'cd "$(mktemp -d)" && git clone -q "$(echo "$ASSEMBLY_LINE_REPO_URL" | sed "s#://#://git:$ASSEMBLY_LINE_REPO_TOKEN@#")" r && cd r' +
        " && echo fine > report.md && git add -A && git -c user.name=A -c user.email=a@example.invalid commit -qm r && git push -q origin HEAD:main",
      ], { taskId, assemblyLineRepoUrl: url, assemblyLineRepoToken: token });
      const gitDir = `${session.server.options.dir}/${taskId}.git`;
      same("the file on main", await session.server.git.git(gitDir, "show", "main:report.md"), "fine");
    },
  ),
  check(
    "job.repository_plain_clone",
    "9, 17 Operator",
    "SHOULD",
    "git is set up so that a plain clone of the url works",
    async (session) => {
      const taskId = "task-plain-clone";
      const { url, token } = await session.server.makeTaskRepository(taskId);
      await allHold(session, ['cd "$(mktemp -d)" && git clone -q "$ASSEMBLY_LINE_REPO_URL" r'], {
        taskId,
        assemblyLineRepoUrl: url,
        assemblyLineRepoToken: token,
      });
    },
    "git-credentials",
  ),
  check(
    "job.workspace",
    "16",
    "SHOULD",
    "the workspace is a clone of the project's repository, on its branch",
    async (session) =>
      allHold(session, ["test -f README.md", "git rev-parse --is-inside-work-tree >/dev/null"]),
    "workspace",
  ),
  check(
    "job.init_branch",
    "2.2, 16, A27",
    "SHOULD",
    "initBranch makes branch task-{taskId} before the agent starts",
    async (session) =>
      allHold(session, ['test "$(git branch --show-current)" = task-branched'], {
        taskId: "branched",
        initBranch: true,
      }),
    "workspace",
  ),
  check(
    "job.auto_git",
    "2.2",
    "behaviour",
    "with autoGit a job may not end in success with uncommitted changes",
    async (session) =>
      outcomeIs(
        await session.run("echo changed > changed.txt; exit 0", { autoGit: true, initBranch: true }),
        "failed",
        null,
      ),
    "auto-git",
  ),
  check(
    "job.log_free_server",
    "4.2",
    "behaviour",
    "a server without the reference's calls (logs, progress) is good enough",
    async (session) => {
      const script = "for i in $(seq 1 200); do echo line $i; done; sleep 1; echo end";
      outcomeIs(await session.run(script), "success", 0);
    },
  ),
];
