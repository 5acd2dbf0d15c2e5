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
    ALP_JOB_ID: "job1",
    ALP_STATION_LABELS: "linux,x86_64",
    SHOPFLOOR_TASK_ID: "task1",
    SHOPFLOOR_STATION_ID: "format",
    SHOPFLOOR_CONCLUSION_FILE: "/run/shopfloor/conclusion.json",
  });
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
  assert.ok(!JSON.stringify(env).includes("plane.example"));
});

Deno.test("sandboxEnvironment() keeps what git could not take out of the name that commits", () => {
  const named = (stationName: string) =>
    sandboxEnvironment({ ...job, stationName }, { owner: "acme", project: "web" }, at)["GIT_AUTHOR_NAME"];
  assert.equal(named("A <b>\n"), "A  b");
  assert.equal(named("\t"), "Shopfloor");
});
