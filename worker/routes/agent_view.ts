/** What pages show of a run's agent. */
import type { Context } from "hono";
import { PAGE_COMMANDS } from "../limits.ts";
import type { AppEnv } from "../app_env.ts";
import type { JobQueueApi } from "../domain/job_queue_api.ts";
import type { TaskLogApi } from "../domain/task_log_api.ts";
import type { AgentView } from "../pages/agent.tsx";
import type { ProjectName } from "../pages/frame.tsx";

/** How a run's agent is, what people wanted of it, and what its run wants of people. */
export async function loadAgent(
  c: Context<AppEnv>,
  { queue, log, at, nowMs, ...run }: {
    readonly queue: JobQueueApi;
    readonly log: TaskLogApi;
    readonly at: ProjectName;
    readonly runId: string;
    readonly stationName: string;
    readonly isActive: boolean;
    readonly nowMs: number;
  },
): Promise<AgentView> {
  const [facts, commands, asked] = await Promise.all([
    log.agentFacts(run.runId),
    queue.listCommands(c.var.caller, { runId: run.runId }),
    queue.listQuestions(c.var.caller, { runId: run.runId }),
  ]);
  const listed = commands.ok ? commands.value.toReversed().slice(0, PAGE_COMMANDS) : [];
  const questions = asked.ok ? asked.value.filter(({ status }) => status === "pending") : [];
  return { ...run, at, nowMs, facts, commands: listed, questions };
}
