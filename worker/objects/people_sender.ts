/**
 * Sends what is due, and says when to come back (Autonomy 19.9). The rows are the truth: what is kept here (who is under
 * way) may be lost at any moment, and the object's alarm begins again what was.
 *
 * 1. A delivery is over only when its row says so: one that was under way when the object ended is tried again (O4).
 * 2. Nobody waits for a receiver: neither who records an event nor the alarm.
 * 3. How a notice to a person went is told to its ask until the ask has it.
 */
import { judgeTry, type TryOutcome } from "../domain/people/delivery.ts";
import { healthAfter } from "../domain/people/endpoint.ts";
import { type LaneDue, pickDue, type Sending } from "../domain/people/pick_due.ts";
import type { HumanGateApi } from "../domain/human_gate_api.ts";
import {
  DELIVERY_REPORT_RETRY_MS,
  WEBHOOK_ATTEMPTS_KEPT,
  WEBHOOK_SENDING_MAX,
  WEBHOOK_TIMEOUT_MS,
} from "../limits.ts";
import type { DeliveryRow } from "../store/people/delivery_table.ts";
import { endpointOfLane, type PeopleContext } from "./people_context.ts";
import type { EndpointKeys } from "./people_keys.ts";
import { count, disableEndpoint, reportOf } from "./people_queue.ts";
import { tryDelivery } from "./people_try.ts";

/** After this long somebody looks whether what was under way still is. */
const LOOK_AGAIN_MS = WEBHOOK_TIMEOUT_MS + 5_000;
/** Reports to asks that are under way at once, in one go. */
const REPORTS_AT_ONCE = 20;

export interface PeopleSender {
  /** Begins what is due and has a place. Never waits. */
  pump(): void;
  /** When to call {@link pump} again; null: nothing waits. */
  nextWakeMs(): number | null;
}

/** @param onSettled Called after each try, so that the object can set its alarm. */
export function createPeopleSender(
  at: PeopleContext,
  keys: EndpointKeys,
  { keepAlive, onSettled }: {
    readonly keepAlive: (work: Promise<void>) => void;
    readonly onSettled: () => void;
  },
): PeopleSender {
  const { store, clock } = at;
  const underWay = new Map<string, Sending>();
  const failingChannels = new Set<string>();
  let isReporting = false;

  /** When a lane may be used again: a pause of its endpoint. */
  const openAtMs = (lane: string) => {
    const endpointId = endpointOfLane(lane);
    return endpointId === null ? 0 : store.endpoints.read(endpointId)?.throttledUntilMs ?? 0;
  };
  const isFailing = (lane: string) => {
    const endpointId = endpointOfLane(lane);
    if (endpointId === null) return failingChannels.has(lane);
    return (store.endpoints.read(endpointId)?.failingSinceMs ?? null) !== null;
  };

  function pump(): void {
    const nowMs = clock.nowMs();
    const lanes: LaneDue<DeliveryRow>[] = store.deliveries.lanes()
      .filter(({ lane, firstAtMs }) => firstAtMs <= nowMs && openAtMs(lane) <= nowMs)
      .sort((a, b) => a.firstAtMs - b.firstAtMs)
      .map(({ lane }) => ({
        lane,
        isFailing: isFailing(lane),
        due: store.deliveries.due(lane, nowMs, 4 * WEBHOOK_SENDING_MAX),
      }));
    for (const one of pickDue(lanes, [...underWay.values()])) {
      underWay.set(one.id, { id: one.id, lane: one.lane, askId: one.askId, isFailing: one.isFailing });
      keepAlive(send(one));
    }
    if (!isReporting && (store.deliveries.nextReportAtMs() ?? Infinity) <= nowMs) {
      isReporting = true;
      keepAlive(report());
    }
  }

  async function send(delivery: DeliveryRow): Promise<void> {
    const startedMs = clock.nowMs();
    const outcome = await tryDelivery(at, keys, delivery);
    underWay.delete(delivery.id);
    settle(delivery.id, outcome, startedMs);
    pump();
    onSettled();
  }

  function settle(id: string, outcome: TryOutcome, startedMs: number): void {
    const nowMs = clock.nowMs();
    store.atomically(() => {
      const delivery = store.deliveries.read(id);
      if (delivery === null) return;
      const tries = delivery.tries + 1;
      const verdict = judgeTry(outcome, { tries, startedMs, nowMs, random: at.random() });
      const attempts = [...delivery.attempts, verdict.attempt].slice(-WEBHOOK_ATTEMPTS_KEPT);
      // It was ended while it was under way; that it arrived all the same is worth knowing.
      if (delivery.nextTryAtMs === null) {
        store.deliveries.change(id, {
          attempts,
          ...(verdict.state === "delivered" ? { state: "delivered" } : {}),
        });
      } else {
        const isOver = verdict.nextTryAtMs === null;
        store.deliveries.change(id, {
          attempts,
          tries,
          state: verdict.state,
          nextTryAtMs: verdict.nextTryAtMs,
          endedAtMs: isOver ? nowMs : null,
          reportAtMs: isOver ? reportOf(delivery, nowMs) : null,
        });
        if (isOver) count(at, delivery.lane, -1);
      }
      const endpointId = endpointOfLane(delivery.lane);
      if (endpointId === null) {
        if (verdict.receiver === "failing") failingChannels.add(delivery.lane);
        else failingChannels.delete(delivery.lane);
        return;
      }
      const endpoint = store.endpoints.read(endpointId);
      if (endpoint === null) return;
      const { disabledWhy, failingSinceMs, throttledUntilMs } = healthAfter(endpoint, verdict, nowMs);
      store.endpoints.change(endpointId, { failingSinceMs, throttledUntilMs });
      if (disabledWhy !== null && endpoint.disabledWhy === null) disableEndpoint(at, endpointId, disabledWhy);
    });
  }

  async function report(): Promise<void> {
    const due = store.deliveries.reports(clock.nowMs(), REPORTS_AT_ONCE);
    const told = await Promise.all(due.map(tellAsk));
    const retryAtMs = clock.nowMs() + DELIVERY_REPORT_RETRY_MS;
    store.atomically(() => {
      for (const [n, { id }] of due.entries()) {
        store.deliveries.change(id, { reportAtMs: told[n] === true ? null : retryAtMs });
      }
    });
    isReporting = false;
    pump();
    onSettled();
  }

  async function tellAsk({ id, eventId, askId, lane, principal, state }: DeliveryRow): Promise<boolean> {
    if (askId === null || principal === null) return true;
    const gate = at.env.HUMAN_GATE.getByName(askId) as unknown as HumanGateApi;
    const channel = endpointOfLane(lane) === null ? lane : "webhook";
    const result = state === "delivered" ? "sent" : state;
    try {
      await gate.noteDelivery({ eventId, channel, target: principal, result });
      return true;
    } catch (cause) {
      const name = cause instanceof Error ? cause.name : "unknown";
      console.warn(JSON.stringify({ event: "delivery_report_failed", delivery: id, cause: name }));
      return false;
    }
  }

  return {
    pump,
    nextWakeMs: () => {
      const nowMs = clock.nowMs();
      const times = store.deliveries.lanes().map(({ lane, firstAtMs }) => {
        const atMs = Math.max(firstAtMs, openAtMs(lane));
        // Due and not over: under way, or without a place. Its end, or another's, calls `pump`; else the alarm does.
        return atMs > nowMs ? atMs : nowMs + LOOK_AGAIN_MS;
      });
      const reportMs = store.deliveries.nextReportAtMs();
      if (reportMs !== null) times.push(reportMs > nowMs ? reportMs : nowMs + LOOK_AGAIN_MS);
      return times.length === 0 ? null : Math.min(...times);
    },
  };
}
