/** All checks of a runner, in the order in which they run, and the claims that they need. */
import type { RunnerCheck } from "./runner/bench.ts";
import { RUNNER_JOB_CHECKS } from "./runner/job_checks.ts";
import { OPERATOR_CHECKS } from "./runner/operator_checks.ts";
import { RUNNER_LIFE_CHECKS } from "./runner/life_checks.ts";
import { RUNNER_REFERENCE_CHECKS } from "./runner/reference_checks.ts";

/** Optional parts of a runner, and what each stands for. */
export const RUNNER_CLAIMS: Readonly<Record<string, string>> = {
  heartbeat: "17: sends in_progress",
  timeouts: "17: respects both timeouts",
  sigterm: "17: finishes the current job on SIGTERM",
  sse: "17: uses the server's events",
  "report-retry": "5: repeats its terminal report until 2xx or 4xx",
  "launch-failure": "8: -1 where there was no operator",
  "repository-variables": "10.1: absent rather than empty",
  "git-credentials": "17: a plain clone of the repository's url works",
  workspace: "16: the project's repository is the workspace",
  "completion-tool": "16: the MCP server with complete_station",
  "auto-git": "2.2: autoGit",
  cancel: "A20: cancel in the answer to a heartbeat",
  "reference-dialect": "4.2: works with the reference server",
};

/** Groups that share nothing, each in the order in which it runs: with a bench for each they may run at once. */
export const RUNNER_LANES: readonly (readonly RunnerCheck[])[] = [
  RUNNER_LIFE_CHECKS,
  RUNNER_JOB_CHECKS,
  OPERATOR_CHECKS,
  RUNNER_REFERENCE_CHECKS,
];

export const RUNNER_CHECKS: readonly RunnerCheck[] = RUNNER_LANES.flat();
