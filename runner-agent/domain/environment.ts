/** The environment of the sandbox: the standard variables of Line 10.1 and ours. No real credential is among them (S1). */
import type { PolledJob } from "../../protocol/line/runner.ts";

export interface SandboxAddresses {
  /** Where the sandbox reaches the hub, e.g. `http://127.0.0.1:7400`. */
  readonly hubUrl: string;
  readonly agentHome: string;
  /** Inside the sandbox. */
  readonly conclusionFile: string;
}

export interface ProjectScope {
  readonly owner: string;
  readonly project: string;
}

/** Where the hub shows the task's repository; the token in the job is the password. */
export const ASSEMBLY_LINE_REPO_PATH = "/git/assembly-line.git";
/** Where the hub shows the project's origin. */
export const PROJECT_REPO_PATH = "/git/project.git";

/**
 * Variables of one run. The repository's are absent, not empty, when the task has none (Line 10.1); what the harness
 * needs is laid over them by the caller.
 */
export function sandboxEnvironment(
  job: PolledJob,
  scope: ProjectScope,
  at: SandboxAddresses,
): Record<string, string> {
  const work = job.agentDefinition;
  return {
    HOME: at.agentHome,
    GIT_TERMINAL_PROMPT: "0",
    ...gitIdentity(job.stationName),
    ...(work.assemblyLineRepoUrl === undefined || work.assemblyLineRepoToken === undefined ? {} : {
      ASSEMBLY_LINE_REPO_URL: at.hubUrl + ASSEMBLY_LINE_REPO_PATH,
      ASSEMBLY_LINE_REPO_TOKEN: work.assemblyLineRepoToken,
    }),
    AGENTICS_JOB_ID: job.id,
    ...(job.jobToken === undefined ? {} : { AGENTICS_TOKEN: job.jobToken }),
    AGENTICS_BASE_URL: at.hubUrl,
    AGENTICS_OWNER: scope.owner,
    AGENTICS_PROJECT_NAME: scope.project,
    ALP_JOB_ID: job.id,
    ALP_STATION_LABELS: work.labels.join(","),
    SHOPFLOOR_TASK_ID: work.taskId,
    SHOPFLOOR_STATION_ID: work.stageId,
    SHOPFLOOR_CONCLUSION_FILE: at.conclusionFile,
  };
}

/**
 * Who commits: the station. In the environment, since some agent CLIs hide the home's configuration from the git that
 * they run.
 */
function gitIdentity(stationName: string): Record<string, string> {
  // deno-lint-ignore no-control-regex
  const clean = stationName.replaceAll(/[\x00-\x1f\x7f<>]/g, " ").trim();
  const name = clean === "" ? "Shopfloor" : clean;
  const email = "agent@shopfloor.invalid";
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  };
}
