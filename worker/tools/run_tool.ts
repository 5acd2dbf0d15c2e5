/**
 * Carries out one call of an agent's tool. Who asks was proven by the queue (`AgentIdentity`); each tool gets the scope
 * that follows from it and nothing else.
 */
import type { AgentTool, ToolParameters } from "../../protocol/agent/tools.ts";
import type { ToolResult } from "../../protocol/agent/tool_results.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Caller } from "../domain/caller.ts";
import type { AgentIdentity, JobQueueApi, QueueError } from "../domain/job_queue_api.ts";
import type { AgentScope } from "../domain/library_api.ts";
import type { ToolError } from "../domain/tool_error.ts";
import type { Env } from "../env.ts";
import type { IssueTracker } from "../ports.ts";
import { library } from "../stubs/library.ts";
import { taskRepository } from "../stubs/task_repository.ts";
import { createBuiltinIssues } from "./builtin_issues.ts";
import { askCi } from "./ci.ts";
import { githubActions, githubIssues } from "./config.ts";
import { askIssues, type OpenTracker } from "./issues.ts";
import { getContext, recallMemory, searchContext } from "./library.ts";
import { readSpec } from "./read_spec.ts";
import { openSpecs } from "./spec_source.ts";
import { askWeb } from "./web.ts";

export interface ToolCall {
  readonly env: Env;
  readonly owner: string;
  readonly project: string;
  readonly queue: JobQueueApi;
  readonly caller: Caller;
  readonly agent: AgentIdentity;
  readonly nowMs: number;
}

type Outcome<T extends AgentTool> = Result<ToolResult<T>, QueueError | ToolError>;

const TOOLS: {
  readonly [T in AgentTool]: (call: ToolCall, input: ToolParameters<T>) => Promise<Outcome<T>>;
} = {
  af_spec_read: async (call, input) => {
    const { queue, caller, agent } = call;
    const place = await queue.locateSpecs(caller, { taskId: agent.taskId, runId: agent.runId });
    if (!place.ok) return place;
    const subtasks = await queue.listSubtasks(caller, { taskId: agent.taskId });
    if (!subtasks.ok) return subtasks;
    const repository = taskRepository(call.env, call.owner, call.project, agent.taskId);
    return await readSpec(input, openSpecs(place.value, repository), () => Promise.resolve(subtasks.value));
  },
  af_context_search: async (call, input) =>
    ok(await searchContext(input, libraryOf(call), scopeOf(call.agent))),
  af_context_get: (call, input) => getContext(input, libraryOf(call), scopeOf(call.agent)),
  af_memory_recall: async (call, input) =>
    ok(await recallMemory(input, libraryOf(call), scopeOf(call.agent))),
  af_subtask_state: async ({ queue, caller, agent }, input) => {
    const { state, note = null, subtask_id: subtaskId } = input;
    // Whoever may drop says why in the note.
    const moved = await queue.moveOwnSubtask(caller, {
      ...{ runId: agent.runId, state, note, rationale: state === "dropped" ? note : null },
      ...(subtaskId === undefined ? {} : { subtaskId }),
    });
    if (!moved.ok) return moved;
    const { previous, subtask } = moved.value;
    return ok({ subtaskId: subtask.id, previous, state: subtask.state, allowedNext: subtask.allowedNext });
  },
  af_ci_status: async ({ env, agent }, input) => {
    const provider = githubActions(env, agent.gitUrl);
    return provider.ok ? await askCi(input, provider.value) : provider;
  },
  af_issues: (call, input) => askIssues(input, trackers(call, call.agent.gitUrl, `job:${call.agent.jobId}`)),
  af_web_search: ({ env, nowMs }, input) => askWeb(input, env, nowMs),
};

/** `input` is what the tool's schema made of the body. */
export async function runTool<T extends AgentTool>(
  tool: T,
  call: ToolCall,
  input: ToolParameters<T>,
): Promise<Outcome<T>> {
  return await TOOLS[tool](call, input);
}

/** The trackers of a project: its own, and GitHub's where the operator has set it up. */
export function trackers(
  { env, owner, project }: Pick<ToolCall, "env" | "owner" | "project">,
  gitUrl: string | null,
  by: string,
): OpenTracker {
  return (name): Result<IssueTracker, ToolError> => {
    if (name === "builtin") {
      return ok(createBuiltinIssues(library(env, owner, project), `${owner}/${project}`, by));
    }
    if (name === "github") return githubIssues(env, gitUrl);
    return err({ reason: "tracker_not_found", tracker: name, trackers: ["builtin", "github"] });
  };
}

function libraryOf({ env, owner, project }: ToolCall) {
  return library(env, owner, project);
}

function scopeOf({ runId, claimedAtMs, lineId, stationId, taskId }: AgentIdentity): AgentScope {
  return { runId, claimedAtMs, lineId, stationId, taskId };
}
