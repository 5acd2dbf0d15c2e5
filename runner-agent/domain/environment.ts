/** The environment of the sandbox: the standard variables of Line 10.1 and ours. No real credential is among them (S1). */
import type { AgentDefinition, PolledJob } from "../../protocol/line/runner.ts";
import { type ReferencePlaces, referenceVariables } from "./reference_environment.ts";

export interface SandboxAddresses extends ReferencePlaces {
  /** Inside the sandbox. */
  readonly conclusionFile: string;
  /** The egress proxy (Line 14), e.g. `http://127.0.0.1:3128`; null: there is none, and nothing listens. */
  readonly proxyUrl: string | null;
  /** The credential server's socket (Line 13). */
  readonly credSocket: string;
  /** Below it, a directory per plugin of the job (Line 16). */
  readonly pluginsDir: string;
  /** Programs of the operator, for the end of PATH. */
  readonly binDir: string;
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
    ...repositoryVariables(work, at),
    AGENTICS_JOB_ID: job.id,
    ...(job.jobToken === undefined ? {} : { AGENTICS_TOKEN: job.jobToken }),
    AGENTICS_BASE_URL: at.hubUrl,
    AGENTICS_OWNER: scope.owner,
    AGENTICS_PROJECT_NAME: scope.project,
    ...referenceVariables(job, scope, at),
    ALP_JOB_ID: job.id,
    ALP_STATION_LABELS: work.labels.join(","),
    ALP_CRED_SOCKET: at.credSocket,
    ...(at.proxyUrl === null ? {} : proxyVariables(at.proxyUrl)),
    ...(work.plugins === undefined || work.plugins.length === 0
      ? {}
      : { VIBECAST_EXTRA_PLUGINS: work.plugins.map((plugin) => `${at.pluginsDir}/${plugin.id}`).join(":") }),
    SHOPFLOOR_HUB: new URL(at.hubUrl).host,
    SHOPFLOOR_BIN_DIR: at.binDir,
    SHOPFLOOR_TASK_ID: work.taskId,
    SHOPFLOOR_STATION_ID: work.stageId,
    SHOPFLOOR_CONCLUSION_FILE: at.conclusionFile,
  };
}

/** Absent, not empty, where the task has no repository (Line 10.1). Both spellings (Line 2.10). */
function repositoryVariables(work: AgentDefinition, at: SandboxAddresses): Record<string, string> {
  if (work.assemblyLineRepoUrl === undefined || work.assemblyLineRepoToken === undefined) return {};
  const url = at.hubUrl + ASSEMBLY_LINE_REPO_PATH;
  return {
    ASSEMBLY_LINE_REPO_URL: url,
    ASSEMBLY_LINE_REPO_TOKEN: work.assemblyLineRepoToken,
    STAGE_GIT_URL: url,
    STAGE_GIT_TOKEN: work.assemblyLineRepoToken,
    STAGE_DIR: `${at.agentHome}/stage`,
  };
}

/** Both spellings, as no program reads both; what is on loopback (hub, model, tests of the agent) is never proxied. */
export function proxyVariables(proxyUrl: string): Record<string, string> {
  const noProxy = "127.0.0.1,localhost,::1";
  return {
    HTTP_PROXY: proxyUrl,
    HTTPS_PROXY: proxyUrl,
    NO_PROXY: noProxy,
    http_proxy: proxyUrl,
    https_proxy: proxyUrl,
    no_proxy: noProxy,
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
