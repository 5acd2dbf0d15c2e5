/** What this runner can do, and whether an offered job is among it. Honest: what it cannot run it never claims (Line 6). */
import { AGENT_NAMES } from "../../protocol/line/agent_names.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { AgentDefinition, PolledJob } from "../../protocol/line/runner.ts";
import type { HarnessName } from "../ports.ts";

export interface RunnerAbility {
  /** Harnesses whose model key is here, and the command harness. */
  readonly harnesses: readonly HarnessName[];
  /** Set when the operator of this runner wants one harness for every job. */
  readonly forcedHarness: HarnessName | null;
  readonly runtime: "podman" | "process" | "dummy";
}

/**
 * What the runner says of itself at each poll; nothing where it can run nothing. `alp_operator`: Line 6. `git:push` and
 * `git-distribute` are not among it: they are for jobs of those types.
 */
export function capabilitiesOf(ability: RunnerAbility): string[] {
  const { forcedHarness } = ability;
  const harnesses = ability.harnesses.filter((name) => forcedHarness === null || name === forcedHarness);
  if (harnesses.length === 0) return [];
  return [
    ...harnesses.map((name) => `harness:${name}`),
    "alp_operator",
    `runtime:${ability.runtime}`,
  ];
}

/** A station's work, by the names that servers have for it; a job of another type is not for an agent (Line 18). */
const JOB_TYPES: ReadonlySet<string> = new Set(["", "agent", "command", "station", "dispatch_worker"]);

export type HarnessChoiceError =
  | { readonly reason: "job_type_unknown"; readonly jobType: string }
  | { readonly reason: "harness_unknown"; readonly harness: string }
  | { readonly reason: "harness_not_available"; readonly harness: HarnessName }
  | { readonly reason: "command_missing" };

/**
 * The harness of a job: the one forced by this runner's operator, else the station's, else `command` if the station
 * has a script, else the first AI that this runner has.
 */
export function chooseHarness(
  work: AgentDefinition,
  ability: RunnerAbility,
): Result<HarnessName, HarnessChoiceError> {
  const jobType: string = work.jobType ?? "";
  if (!JOB_TYPES.has(jobType)) return err({ reason: "job_type_unknown", jobType });
  const wanted = ability.forcedHarness ?? stationHarness(work, ability);
  const name = AGENT_NAMES.find((known) => known === wanted);
  if (name === undefined) return err({ reason: "harness_unknown", harness: String(wanted) });
  if (!ability.harnesses.includes(name)) return err({ reason: "harness_not_available", harness: name });
  if (name === "command" && commandOf(work) === null) return err({ reason: "command_missing" });
  return ok(name);
}

/** The station's shell script, if it has one. */
export function commandOf(work: AgentDefinition): string | null {
  const command = work.operatorConfig["command"];
  return typeof command === "string" && command.trim() !== "" ? command : null;
}

/** The station's model, if it names one. */
export function modelOf(work: AgentDefinition): string | null {
  const model = work.operatorConfig["model"];
  return typeof model === "string" && model !== "" ? model : null;
}

/** The first of the offered jobs that this runner can run, and why it cannot run those before it. */
export function chooseJob(
  jobs: readonly PolledJob[],
  ability: RunnerAbility,
): {
  readonly job: PolledJob | null;
  readonly passed: readonly { readonly jobId: string; readonly error: HarnessChoiceError }[];
} {
  const passed: { jobId: string; error: HarnessChoiceError }[] = [];
  for (const job of jobs) {
    const harness = chooseHarness(job.agentDefinition, ability);
    if (harness.ok) return { job, passed };
    passed.push({ jobId: job.id, error: harness.error });
  }
  return { job: null, passed };
}

function stationHarness(work: AgentDefinition, ability: RunnerAbility): unknown {
  const agent = work.operatorConfig["agent"];
  if (agent !== undefined && agent !== null) return agent;
  if (commandOf(work) !== null) return "command";
  return ability.harnesses.find((name) => name !== "command") ?? "command";
}
