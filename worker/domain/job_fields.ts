/** What a station says for its jobs in the words of the reference's runners (Line 2.7, 4.2, 18). Pure. */
import { COMMAND_NEED, NEED_OF_JOB_TYPE } from "../../protocol/line/job_fields.ts";
import type { Station } from "../../protocol/line/line.ts";
import type { AgentDefinition, PolledJob } from "../../protocol/line/runner.ts";

type Trigger = Station["trigger"];

/** What a runner must be able to do: also what the kind of job takes, if the line does not say it. */
export function needsOf({ needs, jobType }: Trigger): readonly string[] {
  const own = jobType === undefined ? null : NEED_OF_JOB_TYPE[jobType];
  return own === null || needs.includes(own) ? needs : [...needs, own];
}

type JobFields = Pick<PolledJob, "jobType" | "command" | "memMib" | "vcpuCount">;

/**
 * Beside the definition: kind, command and limits. A station for a runner that takes commands may have its script where all
 * stations have it.
 */
export function fieldsBesideDefinition(station: Station): JobFields {
  const { trigger } = station;
  const { memMib, vcpuCount } = trigger;
  const jobType = jobTypeOf(trigger);
  const script = trigger.operatorConfig?.command ?? station.operatorConfig?.command;
  const command = trigger.command ?? (trigger.needs.includes(COMMAND_NEED) ? script : undefined);
  return {
    ...(jobType === undefined ? {} : { jobType }),
    ...(command === undefined ? {} : { command }),
    ...(memMib === undefined ? {} : { memMib }),
    ...(vcpuCount === undefined ? {} : { vcpuCount }),
  };
}

const IN_DEFINITION = [
  "subagentPromptAppendix",
  "claudeCredentialsScope",
  "agents",
  "marketplaceTokens",
  "gitignoreLines",
  "runtimeResources",
  "gitPushPayload",
  "distributePayload",
] as const satisfies readonly (keyof Trigger & keyof AgentDefinition)[];

/** In the definition, as the line has them. */
export function fieldsInDefinition(station: Station): Partial<AgentDefinition> {
  const { trigger } = station;
  const said = IN_DEFINITION.filter((field) => trigger[field] !== undefined)
    .map((field) => [field, trigger[field]]);
  const jobType = jobTypeOf(trigger);
  const back = trigger.commitBackRepository ?? trigger.operatorConfig?.commitBackRepository ??
    station.operatorConfig?.commitBackRepository;
  return {
    ...Object.fromEntries(said),
    ...(jobType === undefined ? {} : { jobType }),
    ...(back === undefined ? {} : { commitBackRepository: back }),
  };
}

/** Lines from before there were kinds tell one by its need. */
function jobTypeOf({ jobType, needs }: Trigger): PolledJob["jobType"] {
  return jobType ?? (needs.includes(NEED_OF_JOB_TYPE.chat_llm) ? "chat_llm" : undefined);
}
