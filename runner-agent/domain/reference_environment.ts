/**
 * The variables that prompts and agents written for the reference runner look for (Line 10.2), as far as they mean something
 * with us. Pure.
 *
 * 1. What is not there has no variable: absent, never empty.
 * 2. None holds a credential: the runner's token, providers' keys and `AGENTICS_COMMIT_BACK_*` stay outside (S1).
 * 3. What no process can be given (a NUL) is no variable.
 */
import type { AgentDefinition, PolledJob } from "../../protocol/line/runner.ts";
import type { HarnessName } from "../ports.ts";

export interface ReferencePlaces {
  /** Where the sandbox reaches the hub. */
  readonly hubUrl: string;
  readonly agentHome: string;
  readonly workspace: string;
  /** The prompt as a file of the workspace (Line 16). */
  readonly promptFile: string;
  /** The same for what the station appends to the system prompt; null: nothing. */
  readonly appendSystemPromptFile: string | null;
  /** The same for what it appends to prompts of sub-agents; null: nothing. */
  readonly subagentPromptFile: string | null;
  readonly harness: HarnessName;
}

/** Line 10.2 for one run. @param job Its station's words, with what its role filled in. */
export function referenceVariables(
  job: PolledJob,
  scope: { readonly owner: string; readonly project: string },
  at: ReferencePlaces,
): Record<string, string> {
  const work = job.agentDefinition;
  return present({
    AGENTICS_SERVER: at.hubUrl,
    AGENTIC_SERVER: at.hubUrl,
    AGENTICS_PROJECT: `${scope.owner}/${scope.project}`,
    AGENTICS_JOB_MODE: "1",
    AGENTICS_AUTO_GIT: flag(work.autoGit),
    AGENTICS_COMMIT_MESSAGE_HINT: work.autoGit ? work.commitMessageTemplate : null,
    ...traceVariables(work.traceparent),
    OTEL_RESOURCE_ATTRIBUTES: resourceAttributes({
      "job.id": job.id,
      "run.id": job.runId,
      "task.id": work.taskId,
      "assembly_line.id": work.assemblyLineId,
    }),
    SESSION_ID: job.runId,
    BROADCAST_ID: work.broadcastId,
    SUBAGENT_PROMPT_SUFFIX_FILE: at.subagentPromptFile,
    VIBECAST_HOME: at.agentHome,
    VIBECAST_KEYBOARD_PIN: job.id.slice(0, KEYBOARD_PIN_CHARS).toUpperCase(),
    VIBECAST_INITIAL_PROMPT_FILE: at.promptFile,
    VIBECAST_APPEND_SYSTEM_PROMPT_FILE: at.appendSystemPromptFile,
    VIBECAST_RESUME_SESSION_ID: work.resumeSessionId,
    VIBECAST_ALLOWED_DIRECTORIES: at.workspace,
    ...agentVariables(work, at.harness),
  });
}

/** The reference's PIN of a session: the beginning of the job's id. */
const KEYBOARD_PIN_CHARS = 8;

/** Levels of effort that the CLI knows; another word is told by the reference's name alone. */
const EFFORTS = ["low", "medium", "high", "xhigh", "max"] as const;

/** What the station says of its agent by the names of the reference (Line 2.7); a script has no agent. */
function agentVariables(work: AgentDefinition, harness: HarnessName): Record<string, unknown> {
  if (harness === "command") return {};
  const config = work.operatorConfig;
  return {
    VIBECAST_AGENT: harness,
    VIBECAST_AUTO_APPROVE_IMAGES: flag(config["autoApproveImageUploads"] === true),
    ...(harness === "claude"
      ? {
        VIBECAST_CLAUDE_MODEL: config["model"],
        VIBECAST_CLAUDE_MODEL_TIER: config["modelTier"],
        VIBECAST_CLAUDE_EFFORT: config["effort"],
        CLAUDE_CODE_EFFORT_LEVEL: EFFORTS.find((level) => level === config["effort"]),
        CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: flag(config["disableBackgroundTasks"] === true),
        CLAUDE_CODE_DISABLE_1M_CONTEXT: flag(config["enable1mContext"] === false),
      }
      : {}),
  };
}

/** W3C Trace Context: `version-traceid-parentid-flags`; what is none is not passed on. */
function traceVariables(traceparent: string | undefined): Record<string, unknown> {
  const traceId = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/
    .exec(traceparent ?? "")?.[1];
  return traceId === undefined ? {} : { AGENTICS_TRACE_ID: traceId, TRACEPARENT: traceparent };
}

/** The form that OpenTelemetry reads: values percent-encoded, as in baggage. */
function resourceAttributes(values: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(values)
    .filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "")
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join(",");
}

function flag(isSet: boolean): "1" | null {
  return isSet ? "1" : null;
}

/** Invariants 1 and 3. */
function present(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] =>
      typeof entry[1] === "string" && entry[1] !== "" && !entry[1].includes("\0")
    ),
  );
}
