/** Where a queue's events go: the task's log, the gate of an ask, the history. Each receiver is idempotent. */
import type { HumanGateApi } from "../domain/human_gate_api.ts";
import type { OutboxEvent } from "../domain/event.ts";
import type { TaskLogApi } from "../domain/task_log_api.ts";
import type { Env } from "../env.ts";
import type { OutboxSender } from "../ports.ts";
import { armAgentWait } from "./agent_wait_sender.ts";
import { armApproval } from "./approval_sender.ts";
import { historySender } from "./history_sender.ts";
import { armRunQuestion } from "./run_question_sender.ts";

/** Makes the senders of the queue of `owner/project`. */
export function createQueueSenders(
  env: Env,
  owner: string,
  project: string,
): Readonly<Partial<Record<OutboxEvent["destination"], OutboxSender>>> {
  return {
    task_log: async (rows) => {
      const events = rows.flatMap(({ eventId, event }) =>
        event.destination === "task_log" ? [{ eventId, event }] : []
      );
      const log = env.TASK_LOG.getByName(
        `${owner}/${project}/${events[0]!.event.taskId}`,
      ) as unknown as TaskLogApi;
      await log.recordMany(events.map(({ eventId, event }) => ({
        entry: { ...event.entry, eventId },
        ends: event.ends,
      })));
    },
    gate: async (rows) => {
      for (const { event } of rows) {
        if (event.destination !== "gate") continue;
        const gate = env.HUMAN_GATE.getByName(event.askId) as unknown as HumanGateApi;
        if (event.action === "open") await gate.open(event.ask);
        else if (event.action === "hold") await armApproval(env, event.request);
        else if (event.action === "agent_waits") await armAgentWait(env, event.asks);
        else if (event.action === "run_asks") await armRunQuestion(env, event.asks);
        else await gate.cancel(event.reason);
      }
    },
    history: historySender(env),
  };
}
