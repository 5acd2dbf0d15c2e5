/** A control plane with its history for the browser, and the people and programs around it that only use its API. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { BARE_LINK_BODY } from "../../tools/demo/bare_link_policy.ts";
import { fileURLToPath } from "node:url";
import { createTestHarness } from "wrangler";
import type { PolledJob } from "../../protocol/line/runner.ts";
import type { TaskData } from "../../protocol/line/task.ts";
import { applyMigrations } from "../../tools/local/apply_migrations.ts";
import { startSqld } from "../../tools/local/sqld.ts";
import { workerConfigPath } from "../fake/bundled_worker.ts";
import { GIT_ENVIRONMENT } from "../fake/git_environment.ts";

export const ADMIN_TOKEN = "admin-token-of-the-browser-test";
const PROJECT = "/api/owners/acme/projects/site";

export interface Factory {
  readonly url: string;
  /** Calls the API as the admin, or with another token; gives the parsed answer and expects the status. */
  call<T>(method: string, path: string, body?: unknown, options?: CallOptions): Promise<T>;
  /** Puts the line on which tasks of these tests run. */
  putLine(): Promise<void>;
  submit(title: string, description: string): Promise<TaskData>;
  task(taskId: string): Promise<TaskData>;
  /** The address of a fresh gate link. */
  gateLink(taskId: string): Promise<string>;
  runner(name: string): Promise<FakeRunner>;
  /** Where the history is, for a test that writes into it. */
  readonly historyUrl: string;
  close(): Promise<void>;
}

interface CallOptions {
  readonly token?: string;
  readonly status?: number;
}

/** A runner that does by hand what ours does by itself. */
export interface FakeRunner {
  /** Calls the project's API as the runner; gives the parsed answer. */
  call(method: string, path: string, body: unknown): Promise<unknown>;
  /** Says that the job goes on; the answer. */
  beat(job: PolledJob): Promise<unknown>;
  /** Takes the job that waits. */
  claim(): Promise<PolledJob>;
  /** Sends output, numbered by the caller. */
  print(job: PolledJob, sequence: number, text: string): Promise<void>;
  /** Commits files and pushes them to the task's repository; `asAgent` to main, else to the work branch. */
  push(job: PolledJob, files: Readonly<Record<string, string>>, asAgent?: boolean): Promise<Commits>;
  finish(job: PolledJob, report: Record<string, unknown>): Promise<void>;
  /** Asks people to let a held request through; the ask's id. */
  hold(job: PolledJob, request: Record<string, unknown>): Promise<string>;
  /** Tells what the job's run uses of its machine; expects the status. */
  tellUsage(job: PolledJob, usage: unknown, status?: number): Promise<void>;
}

export interface Commits {
  readonly baseCommit: string;
  readonly headCommit: string;
}

const LINE = {
  name: "Tidy",
  stations: [
    {
      id: "format",
      name: "Format",
      trigger: { type: "dispatch_worker", labels: [], promptTemplate: "tidy" },
    },
    {
      id: "check",
      name: "Check",
      trigger: { type: "dispatch_worker", labels: [], promptTemplate: "check", createAssemblyLineRepo: true },
    },
    {
      id: "deliver",
      name: "Deliver",
      trigger: { type: "dispatch_worker", labels: [], promptTemplate: "deliver" },
    },
  ],
  gates: [{
    id: "review",
    name: "Review",
    description: "Does the change do what the card asks, and nothing else?",
  }],
  transitionRules: [
    { fromStationId: "format", toStationId: "check", condition: "success" },
    { fromStationId: "check", toStationId: "deliver", condition: "success", gateId: "review" },
  ],
};

/** Starts everything; boots once per test file. `variables` are more of the Worker's, such as those of signing in. */
export async function startFactory(variables: Readonly<Record<string, string>> = {}): Promise<Factory> {
  const dataDir = await Deno.makeTempDir({ prefix: "shopfloor_browser_" });
  const sqld = await startSqld({ dataDir });
  await applyMigrations({ url: sqld.url });
  const server = createTestHarness({
    root: fileURLToPath(new URL("../..", import.meta.url)),
    workers: [{
      configPath: await workerConfigPath(),
      vars: { SHOPFLOOR_ADMIN_TOKEN: ADMIN_TOKEN, HISTORY_URL: sqld.url, ...variables },
    }],
  });
  const url = (await server.listen()).url.origin;

  async function call<T>(
    method: string,
    path: string,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<T> {
    const isText = typeof body === "string";
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${options.token ?? ADMIN_TOKEN}`,
        "content-type": isText ? "text/plain" : "application/json",
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const expected = options.status ?? (response.ok ? response.status : 200);
    assert.equal(response.status, expected, `${method} ${path}: ${text}`);
    return (text === "" ? null : JSON.parse(text)) as T;
  }

  return {
    url,
    call,
    putLine: async () => {
      const { version } = await call<{ version: number }>("GET", `${PROJECT}/people`);
      if (version === 0) await call("PUT", `${PROJECT}/people`, BARE_LINK_BODY);
      return await call("PUT", `${PROJECT}/assembly-lines/tidy`, LINE);
    },
    submit: (title, description) =>
      call("POST", `${PROJECT}/assembly-lines/tidy/tasks`, { title, description, labels: ["docs"] }),
    task: (taskId) => call("GET", `${PROJECT}/tasks/${taskId}`),
    gateLink: async (taskId) => {
      const path = `${PROJECT}/stages/tidy/tasks/${taskId}/gates/review/link`;
      return (await call<{ url: string }>("POST", path, undefined, { status: 201 })).url;
    },
    runner: (name) => registerRunner(call, url, dataDir, name),
    historyUrl: sqld.url,
    async close() {
      await server.close();
      await sqld.kill9();
      await Deno.remove(dataDir, { recursive: true });
    },
  };
}

async function registerRunner(
  call: Factory["call"],
  url: string,
  dataDir: string,
  name: string,
): Promise<FakeRunner> {
  const { id, token } = await call<{ id: string; token: string }>("POST", `${PROJECT}/runners/register`, {
    name,
  });
  const as = { token };
  return {
    call: (method, path, body) => call(method, `${PROJECT}${path}`, body, as),
    beat: (job) => {
      const named = { jobId: job.id, runId: job.runId, leaseEpoch: job.leaseEpoch };
      return call("PATCH", `${PROJECT}/runners/${id}`, { ...named, jobResult: "in_progress" }, as);
    },
    async claim() {
      const answer = await call<{ jobs: PolledJob[] } | null>("POST", `${PROJECT}/runners/jobs`, {}, as);
      assert.ok(answer?.jobs[0], "there must be a job to claim");
      return answer.jobs[0];
    },
    async print(job, sequence, text) {
      const query = `sequence=${sequence}&leaseEpoch=${job.leaseEpoch}`;
      await call("POST", `${PROJECT}/runs/${job.runId}/jobs/${job.id}/logs?${query}`, text, as);
    },
    async push(job, files, asAgent = false) {
      const { taskId, assemblyLineRepoToken } = job.agentDefinition;
      const secret = asAgent ? assemblyLineRepoToken : token;
      assert.ok(secret, "the job must bring a token for the repository");
      const remote = `${url.replace("://", `://x:${secret}@`)}/api/git/acme/site/${taskId}.git`;
      const branch = asAgent ? "main" : `work/task-${taskId}`;
      return await pushFiles(await Deno.makeTempDir({ dir: dataDir }), remote, branch, files);
    },
    async tellUsage(job, usage, status = 200) {
      await call("POST", `${PROJECT}/runs/${job.runId}/jobs/${job.id}/usage`, usage, { ...as, status });
    },
    async hold(job, request) {
      const path = `${PROJECT}/runners/${id}/approval-requests`;
      const held = { jobId: job.id, ...request };
      return (await call<{ id: string }>("POST", path, held, { ...as, status: 201 })).id;
    },
    async finish(job, report) {
      const named = { jobId: job.id, runId: job.runId, leaseEpoch: job.leaseEpoch, exitCode: 0 };
      await call("PATCH", `${PROJECT}/runners/${id}`, { ...named, jobResult: "success", ...report }, as);
    },
  };
}

/** Commits on top of `branch`, or of main where the branch is new, and pushes. */
async function pushFiles(
  folder: string,
  remote: string,
  branch: string,
  files: Readonly<Record<string, string>>,
): Promise<Commits> {
  await git(folder, "clone", "-q", remote, ".");
  const known = await git(folder, "branch", "-r", "--list", `origin/${branch}`);
  if (known !== "" && branch !== "main") await git(folder, "checkout", "-q", branch);
  const baseCommit = await git(folder, "rev-parse", "HEAD");
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(`${folder}/${path}`), { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text);
  }
  await git(folder, "add", "-A");
  await git(folder, "commit", "-q", "-m", "work");
  await git(folder, "push", "-q", "origin", `HEAD:refs/heads/${branch}`);
  return { baseCommit, headCommit: await git(folder, "rev-parse", "HEAD") };
}

async function git(folder: string, ...args: string[]): Promise<string> {
  const run = await new Deno.Command("git", {
    args,
    cwd: folder,
    stdin: "null",
    env: GIT_ENVIRONMENT,
  }).output();
  const decoder = new TextDecoder();
  assert.equal(run.code, 0, `git ${args[0]}: ${decoder.decode(run.stderr)}`);
  return decoder.decode(run.stdout).trim();
}
