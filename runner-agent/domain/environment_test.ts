import assert from "node:assert/strict";
import type { PolledJob } from "../../protocol/line/runner.ts";
import { sandboxEnvironment } from "./environment.ts";

const job: PolledJob = {
  id: "job1",
  runId: "run1",
  leaseEpoch: 1,
  jobToken: "job-token",
  attempt: 1,
  stationName: "Format",
  taskTitle: "Tidy",
  needs: [],
  agentDefinition: {
    labels: ["linux", "x86_64"],
    taskId: "task1",
    stageId: "format",
    assemblyLineId: "tidy",
    prompt: "Do it",
    appendSystemPrompt: "",
    initBranch: true,
    autoGit: false,
    commitMessageTemplate: "",
    idleTimeoutMinutes: 2,
    maxTimeoutMinutes: 60,
    operatorConfig: {},
  },
};
const at = {
  hubUrl: "http://127.0.0.1:7400",
  agentHome: "/home/agent",
  conclusionFile: "/run/shopfloor/conclusion.json",
  proxyUrl: "http://127.0.0.1:3128",
  credSocket: "/run/alp/cred.sock",
  pluginsDir: "/run/alp/plugins",
  binDir: "/run/alp/bin",
  promptFile: "/workspace/initial-prompt.txt",
  workspace: "/workspace",
  appendSystemPromptFile: null,
  subagentPromptFile: null,
  harness: "command" as const,
};

Deno.test("sandboxEnvironment() sets the standard variables without a repository's when there is none", () => {
  assert.deepEqual(sandboxEnvironment(job, { owner: "acme", project: "web" }, at), {
    HOME: "/home/agent",
    GIT_TERMINAL_PROMPT: "0",
    GIT_AUTHOR_NAME: "Format",
    GIT_AUTHOR_EMAIL: "agent@shopfloor.invalid",
    GIT_COMMITTER_NAME: "Format",
    GIT_COMMITTER_EMAIL: "agent@shopfloor.invalid",
    AGENTICS_JOB_ID: "job1",
    AGENTICS_TOKEN: "job-token",
    AGENTICS_BASE_URL: "http://127.0.0.1:7400",
    AGENTICS_OWNER: "acme",
    AGENTICS_PROJECT_NAME: "web",
    AGENTICS_SERVER: "http://127.0.0.1:7400",
    AGENTIC_SERVER: "http://127.0.0.1:7400",
    AGENTICS_PROJECT: "acme/web",
    AGENTICS_JOB_MODE: "1",
    OTEL_RESOURCE_ATTRIBUTES: "job.id=job1,run.id=run1,task.id=task1,assembly_line.id=tidy",
    SESSION_ID: "run1",
    VIBECAST_HOME: "/home/agent",
    VIBECAST_KEYBOARD_PIN: "JOB1",
    VIBECAST_INITIAL_PROMPT_FILE: "/workspace/initial-prompt.txt",
    VIBECAST_ALLOWED_DIRECTORIES: "/workspace",
    ALP_JOB_ID: "job1",
    ALP_STATION_LABELS: "linux,x86_64",
    ALP_CRED_SOCKET: "/run/alp/cred.sock",
    HTTP_PROXY: "http://127.0.0.1:3128",
    HTTPS_PROXY: "http://127.0.0.1:3128",
    NO_PROXY: "127.0.0.1,localhost,::1",
    http_proxy: "http://127.0.0.1:3128",
    https_proxy: "http://127.0.0.1:3128",
    no_proxy: "127.0.0.1,localhost,::1",
    SHOPFLOOR_HUB: "127.0.0.1:7400",
    SHOPFLOOR_BIN_DIR: "/run/alp/bin",
    SHOPFLOOR_TASK_ID: "task1",
    SHOPFLOOR_STATION_ID: "format",
    SHOPFLOOR_CONCLUSION_FILE: "/run/shopfloor/conclusion.json",
  });
});

Deno.test("sandboxEnvironment() names no proxy where there is none", () => {
  const env = sandboxEnvironment(job, { owner: "acme", project: "web" }, { ...at, proxyUrl: null });
  assert.deepEqual(Object.keys(env).filter((name) => /proxy/i.test(name)), []);
});

Deno.test("sandboxEnvironment() shows the task's repository on loopback and not where it really is", () => {
  const withRepository: PolledJob = {
    ...job,
    agentDefinition: {
      ...job.agentDefinition,
      assemblyLineRepoUrl: "https://plane.example/api/git/acme/web/task1.git",
      assemblyLineRepoToken: "repo-token",
    },
  };
  const env = sandboxEnvironment(withRepository, { owner: "acme", project: "web" }, at);
  assert.equal(env["ASSEMBLY_LINE_REPO_URL"], "http://127.0.0.1:7400/git/assembly-line.git");
  assert.equal(env["ASSEMBLY_LINE_REPO_TOKEN"], "repo-token");
  assert.deepEqual([env["STAGE_GIT_URL"], env["STAGE_GIT_TOKEN"], env["STAGE_DIR"]], [
    env["ASSEMBLY_LINE_REPO_URL"],
    "repo-token",
    "/home/agent/stage",
  ]);
  assert.ok(!JSON.stringify(env).includes("plane.example"));
});

Deno.test("sandboxEnvironment() keeps what git could not take out of the name that commits", () => {
  const named = (stationName: string) =>
    sandboxEnvironment({ ...job, stationName }, { owner: "acme", project: "web" }, at)["GIT_AUTHOR_NAME"];
  assert.equal(named("A <b>\n"), "A  b");
  assert.equal(named("\t"), "Shopfloor");
});

Deno.test("sandboxEnvironment() names no token of a job that has none, and the plugins of one that has some", () => {
  const { jobToken: _, ...without } = job;
  const plugins = [{ id: "a", sourceUrl: "https://x.example/a" }, {
    id: "b",
    sourceUrl: "https://x.example/b",
  }];
  const env = sandboxEnvironment(
    {
      ...without,
      agentDefinition: { ...job.agentDefinition, plugins, autoGit: true, commitMessageTemplate: "x: y" },
    },
    { owner: "acme", project: "web" },
    at,
  );
  assert.ok(!("AGENTICS_TOKEN" in env));
  assert.equal(env["VIBECAST_EXTRA_PLUGINS"], "/run/alp/plugins/a:/run/alp/plugins/b");
  assert.deepEqual([env["AGENTICS_AUTO_GIT"], env["AGENTICS_COMMIT_MESSAGE_HINT"]], ["1", "x: y"]);
});
