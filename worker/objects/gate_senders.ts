/** Where an ask's events go: its queue, the ask that takes its place, the project's people, its task's timeline, the history. Each has a lane of its own. */
import type { OutboxEvent } from "../domain/event.ts";
import type { HumanGateApi } from "../domain/human_gate_api.ts";
import type { JobQueueApi } from "../domain/job_queue_api.ts";
import type { Env } from "../env.ts";
import type { OutboxSender } from "../ports.ts";
import type { GatePeople } from "./gate_people.ts";
import { historySender } from "./history_sender.ts";

/** @param onEffect Told what became of an answer at the queue, before its event counts as delivered. */
export function createGateSenders(options: {
  readonly env: Pick<Env, "JOB_QUEUE" | "HUMAN_GATE" | "HISTORY_URL" | "HISTORY_AUTH_TOKEN">;
  readonly people: (owner: string, project: string) => GatePeople;
  readonly onEffect: (tookEffect: boolean) => void;
}): Readonly<Partial<Record<OutboxEvent["destination"], OutboxSender>>> {
  const queueOf = ({ owner, project }: { readonly owner: string; readonly project: string }) =>
    options.env.JOB_QUEUE.getByName(`${owner}/${project}`) as unknown as JobQueueApi;
  return {
    queue: async (rows) => {
      for (const { eventId, event } of rows) {
        if (event.destination !== "queue") continue;
        const { tookEffect } = await queueOf(event).gateResolved(eventId, event.resolution);
        if (event.resolution.isUnanswered !== true) options.onEffect(tookEffect);
      }
    },
    people: async (rows) => {
      const told = rows.flatMap(({ eventId, event }) =>
        event.destination === "people" ? [{ ...event, event: { ...event.event, eventId } }] : []
      );
      const [first] = told;
      // An ask belongs to one project.
      if (first === undefined) return;
      await options.people(first.owner, first.project).api().record(...told.map(({ event }) => event));
    },
    successor: async (rows) => {
      for (const { event } of rows) {
        if (event.destination !== "successor") continue;
        const gate = options.env.HUMAN_GATE.getByName(event.askId) as unknown as HumanGateApi;
        await gate.arm(event.ask);
      }
    },
    history: historySender(options.env),
    timeline: async (rows) => {
      for (const { event } of rows) {
        if (event.destination === "timeline") await queueOf(event).gateNoted(event.head);
      }
    },
  };
}
