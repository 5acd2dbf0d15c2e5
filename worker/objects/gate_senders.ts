/** Where an ask's events go: its queue, the project's people, its task's timeline. Each has a lane of its own. */
import type { OutboxEvent } from "../domain/event.ts";
import type { JobQueueApi } from "../domain/job_queue_api.ts";
import type { Env } from "../env.ts";
import type { OutboxSender } from "../ports.ts";
import type { GatePeople } from "./gate_people.ts";

/** @param onEffect Told what became of an answer at the queue, before its event counts as delivered. */
export function createGateSenders(options: {
  readonly env: Pick<Env, "JOB_QUEUE">;
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
      for (const { eventId, event } of rows) {
        if (event.destination !== "people") continue;
        await options.people(event.owner, event.project).api().record({ ...event.event, eventId });
      }
    },
    timeline: async (rows) => {
      for (const { event } of rows) {
        if (event.destination === "timeline") await queueOf(event).gateNoted(event.head);
      }
    },
  };
}
