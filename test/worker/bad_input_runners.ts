/** Wrong input at the routes of runners, runs, output and artifacts. */
import { bad, badQuery, type BadRow, type RouteRows, TASK } from "./bad_input_row.ts";

const GOOD_REPORT = { jobResult: "in_progress" };
const RUNNER_ROWS: readonly BadRow[] = [
  bad("no name", {}, /'name'.*expected string, received undefined/),
  bad("a name that is too long", { name: "n".repeat(101) }, /<=100 characters, came 101 characters/),
  bad(
    "a label that is a number",
    { name: "n", labels: [1] },
    /'labels\.0'.*expected string, received number/,
  ),
];
export const RUNNER_ROUTES: readonly RouteRows[] = [
  {
    route: "GET B/claude-config-archive",
    audience: "socket",
    rows: [{ what: "before there is one", status: 404, code: "archive_not_found" }],
  },
  {
    route: "PUT B/claude-config-archive",
    audience: "socket",
    good: "PK",
    rows: [{ what: "no zip", body: "tar", status: 400, code: "not_a_zip", says: /begin with 'PK'/ }],
  },
  ...["runners/register", "runners"].map((place): RouteRows => ({
    route: `POST B/${place}`,
    audience: "user",
    good: { name: "new" },
    isJson: true,
    isStrict: true,
    rows: RUNNER_ROWS,
  })),
  {
    route: "GET B/runners",
    audience: "any",
    rows: [{
      what: "a project that nobody made",
      isAdmin: true,
      ids: { project: "nothing" },
      status: 404,
      code: "project_not_found",
    }],
  },
  { route: "GET B/runners/events", audience: "runner" },
  {
    route: "GET B/runners/socket",
    audience: "socket",
    rows: [{ what: "no upgrade", status: 426, code: "upgrade_required" }],
  },
  { route: "GET B/runners/:runnerId", audience: "any", unknown: { runnerId: "runner_not_found" } },
  { route: "DELETE B/runners/:runnerId", audience: "user", unknown: { runnerId: "runner_not_found" } },
  ...["rotate", "pause", "resume", "drain"].map((word): RouteRows => ({
    route: `POST B/runners/:runnerId/${word}`,
    audience: "user",
    unknown: { runnerId: "runner_not_found" },
  })),
  {
    route: "POST B/runners/jobs",
    audience: "runner",
    good: {},
    isJson: true,
    rows: [
      bad(
        "capabilities that are no list",
        { capabilities: "x" },
        /'capabilities'.*expected array, received string/,
      ),
      bad("room for no job", { maxJobs: 0 }, /'maxJobs'.*>=1, came 0/),
      bad("room for 101 jobs", { maxJobs: 101 }, /'maxJobs'.*<=100, came 101/),
    ],
  },
  {
    route: "POST B/runners/generate-jitconfig",
    audience: "runner",
    good: { jobId: "01jbrc9nf6m6sc7n75yr3hga9v" },
    isJson: true,
    rows: [
      bad("no job id", { name: "n" }, /'jobId'.*expected string, received undefined/),
      {
        what: "an unknown job",
        status: 404,
        code: "job_not_found",
        says: /job '01jbrc9nf6m6sc7n75yr3hga9v'/,
      },
    ],
  },
  {
    route: "PATCH B/runners/:runnerId",
    audience: "runner",
    good: GOOD_REPORT,
    isJson: true,
    unknown: { runnerId: "not_your_runner" },
    rows: [
      bad("no result", { exitCode: 0 }, /'jobResult'.*expected one of/),
      bad("an unknown result", { jobResult: "done" }, /'jobResult'.*expected one of.*came 'done'/),
      bad(
        "an exit code that is a text",
        { jobResult: "success", exitCode: "0" },
        /expected number, received string/,
      ),
      bad(
        "a commit that is none",
        { ...GOOD_REPORT, headCommit: "abc" },
        /expected 40 hex digits, came 'abc'/,
      ),
      bad("labels that are no list", { labels: "x" }, /'labels'.*expected array, received string/),
      bad(
        "a name and a surprise",
        { name: "n", surprise: 1 },
        /only fields of the protocol, came 'surprise'/,
      ),
      bad("a silence before its time", { ...GOOD_REPORT, idleMs: -1 }, /'idleMs'.*>=0, came -1/),
      bad(
        "a cost below nothing",
        { ...GOOD_REPORT, usage: { costUsd: -1 } },
        /'usage.costUsd'.*>=0, came -1/,
      ),
      bad(
        "half a token",
        { ...GOOD_REPORT, usage: { inputTokens: 0.5 } },
        /'usage.inputTokens'.*expected int, received number/,
      ),
      {
        what: "a change of the name by the runner itself",
        body: { name: "n" },
        status: 403,
        code: "wrong_token_kind",
      },
      bad("a negative epoch", { ...GOOD_REPORT, leaseEpoch: -1 }, /'leaseEpoch'.*>=0, came -1/),
      {
        what: "an unknown run",
        body: { ...GOOD_REPORT, runId: "nope" },
        status: 404,
        code: "run_not_found",
        says: /run 'nope'/,
      },
      {
        what: "an unknown job",
        body: { ...GOOD_REPORT, jobId: "nope" },
        status: 404,
        code: "job_not_found",
        says: /job 'nope'/,
      },
      {
        what: "an old epoch",
        body: { ...GOOD_REPORT, leaseEpoch: 7 },
        status: 409,
        code: "stale_lease",
        says: /expected leaseEpoch 1, came 7/,
      },
    ],
  },
  {
    route: "GET B/jobs",
    audience: "any",
    rows: [
      badQuery("status=finished", /'status'.*expected one of "queued".*came 'finished'/),
      badQuery("line=a%20b", /'line'.*letters, digits.*came 'a b'/),
      badQuery("limit=x", /'limit'.*expected number, received NaN/),
    ],
  },
  { route: "GET B/jobs/:jobId", audience: "job", unknown: { jobId: "job_not_found" } },
  { route: "GET B/runs/:runId", audience: "job", unknown: { runId: "run_not_found" } },
  {
    route: "POST B/runs/:runId/jobs/:jobId/progress",
    audience: "runner",
    good: { stage: "provisioning_done" },
    isJson: true,
    unknown: { runId: "run_not_found", jobId: "job_not_found" },
    rows: [
      bad("no stage", { message: "m" }, /'stage'.*expected string, received undefined/),
      bad("a stage of 101 characters", { stage: "s".repeat(101) }, /'stage'.*<=100 characters, came 101/),
      {
        what: "an old epoch",
        body: { stage: "s", leaseEpoch: 7 },
        status: 409,
        code: "stale_lease",
        says: /expected leaseEpoch 1, came 7/,
      },
    ],
  },
  {
    route: "PATCH B/runs/:runId/jobs/:jobId",
    audience: "runner",
    good: { status: "in_progress", sessionId: "s" },
    isJson: true,
    unknown: { runId: "run_not_found", jobId: "job_not_found" },
    rows: [
      bad("an unknown status", { status: "done" }, /'status'.*expected one of.*came 'done'/),
      bad("an unknown conclusion", { status: "completed", conclusion: "ok" }, /'conclusion'.*came 'ok'/),
      bad(
        "a session that is no text",
        { status: "in_progress", sessionId: 1 },
        /'sessionId'.*received number/,
      ),
      bad("completed without a conclusion", { status: "completed" }, /'conclusion'.*expected one of/),
    ],
  },
  {
    route: "GET B/tasks/:taskId/log",
    audience: "any",
    unknown: TASK,
    rows: [badQuery("offset=-1", />=0, came '-1'/)],
  },
  {
    route: "GET B/tasks/:taskId/log/ws",
    audience: "any",
    unknown: TASK,
    rows: [badQuery("offset=x", /'offset'.*expected number, received NaN/)],
  },
  { route: "GET B/tasks/:taskId/timeline", audience: "any", unknown: TASK },
  {
    route: "POST B/runs/:runId/jobs/:jobId/logs",
    audience: "runner",
    good: "some output\n",
    unknown: { runId: "run_not_found", jobId: "job_not_found" },
    rows: [
      {
        what: "a chunk of 64 KiB and one",
        body: "x".repeat(65_537),
        status: 413,
        code: "chunk_too_large",
        says: /at most 65536 bytes: current value is 65537/,
      },
      { what: "a body that is too large", body: "x".repeat(1_048_577), status: 413, code: "body_too_large" },
      badQuery("sequence=-1", /'sequence'.*>=0, came '-1'/),
      badQuery("offset=x", /'offset'.*expected number, received NaN/),
      { what: "an old epoch", query: "leaseEpoch=7", status: 409, code: "stale_lease" },
    ],
  },
  {
    route: "POST B/artifacts",
    audience: "artifact",
    good: { type: "report", name: "r", data: {} },
    isJson: true,
    isStrict: true,
    rows: [
      bad("no data", { type: "t", name: "n" }, /'data'/),
      bad("an empty type", { type: "", name: "n", data: {} }, /'type'.*>=1 characters, came 0/),
    ],
  },
  {
    route: "GET B/artifacts/:artifactId",
    audience: "any",
    unknown: { artifactId: "artifact_not_found" },
    rows: [{
      what: "an id that we never make",
      ids: { artifactId: "..%2f..%2fx" },
      status: 404,
      code: "artifact_not_found",
    }],
  },
];
