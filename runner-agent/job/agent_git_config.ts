/** The agent's own git configuration: who commits, and how the task's repository is opened (Line 9). */
import type { PolledJob } from "../../protocol/line/runner.ts";

/**
 * Files of the agent's home. The credential is in git's own store and not only in the environment, since some agent
 * CLIs hide variables whose names look like secrets from the commands that they run. It is the job's token: it opens
 * this task's repository alone, and dies with the run (S1).
 *
 * @param hubUrl Where the sandbox reaches the repository, e.g. `http://127.0.0.1:7400`.
 */
export function agentGitFiles(job: PolledJob, hubUrl: string): Record<string, string> {
  const token = job.agentDefinition.assemblyLineRepoToken;
  return {
    ".gitconfig": gitConfig(job.stationName),
    ...(token === undefined ? {} : { ".git-credentials": `${withUser(hubUrl, token)}\n` }),
  };
}

function gitConfig(stationName: string): string {
  // deno-lint-ignore no-control-regex
  const name = stationName.replaceAll(/[\x00-\x1f\x7f<>"\\]/g, " ").trim();
  return [
    "[user]",
    `\tname = "${name === "" ? "Shopfloor" : name}"`,
    "\temail = agent@shopfloor.invalid",
    "[credential]",
    "\thelper = store",
    "[init]",
    "\tdefaultBranch = main",
    "",
  ].join("\n");
}

function withUser(hubUrl: string, token: string): string {
  const url = new URL(hubUrl);
  url.username = "git";
  url.password = token;
  return url.href.replace(/\/$/, "");
}
