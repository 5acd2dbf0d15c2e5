/**
 * Puts deliveries into the queue and takes them out again. Every function here is part of a transaction of its caller
 * (O2); the endpoints' count of what waits follows.
 */
import { personOf } from "../domain/people/resolve.ts";
import type { GateEvent } from "../domain/people_api.ts";
import type { DeliveryState, DisabledWhy } from "../domain/people/sending.ts";
import { WEBHOOK_BACKLOG_MAX } from "../limits.ts";
import type { DeliveryRow } from "../store/people/delivery_table.ts";
import type { EndpointRow } from "../store/people/endpoint_table.ts";
import type { MessageRow } from "../store/people/message_table.ts";
import { documentsOf, endpointOfLane, laneOf, type PeopleContext } from "./people_context.ts";

interface Target {
  readonly lane: string;
  readonly principal: string | null;
  readonly address: string | null;
  readonly why: string | null;
}

/** A lane for people whom nothing reaches: what is in it was never sent. */
const NO_LANE = "none";

/** One message for one endpoint. An endpoint for which too much waits is disabled instead. */
export function queueForEndpoint(at: PeopleContext, message: MessageRow, endpoint: EndpointRow): void {
  if (endpoint.disabledWhy !== null) return;
  if (endpoint.pending >= WEBHOOK_BACKLOG_MAX) return disableEndpoint(at, endpoint.id, "backlog");
  add(at, message, { lane: laneOf(endpoint.id), principal: null, address: null, why: null });
}

/** One message for one person, by each of their channels. Who has none is on record as not told. */
export function queueForPerson(
  at: PeopleContext,
  message: MessageRow,
  { principal, why }: GateEvent["notify"][number],
): number {
  const targets = targetsOf(at, principal, why);
  if (targets.length === 0) addOff(at, message, { lane: NO_LANE, principal, address: null, why });
  for (const target of targets) add(at, message, target);
  return targets.length;
}

/** Begins a new round of tries. */
export function queueAgain(at: PeopleContext, delivery: DeliveryRow): void {
  if (delivery.nextTryAtMs !== null) return;
  at.store.deliveries.change(delivery.id, {
    state: "pending",
    tries: 0,
    nextTryAtMs: at.clock.nowMs(),
    endedAtMs: null,
  });
  count(at, delivery.lane, 1);
}

/** Ends a delivery that waits. */
export function end(at: PeopleContext, delivery: DeliveryRow, state: DeliveryState, detail: string): void {
  const nowMs = at.clock.nowMs();
  at.store.deliveries.change(delivery.id, endOf(delivery, state, detail, nowMs));
  count(at, delivery.lane, -1);
}

function endOf(delivery: DeliveryRow, state: DeliveryState, detail: string, nowMs: number) {
  const result = state === "off" || state === "suppressed" ? state : "failed";
  return {
    state,
    nextTryAtMs: null,
    endedAtMs: nowMs,
    reportAtMs: reportOf(delivery, nowMs),
    attempts: [...delivery.attempts, { atMs: nowMs, result, status: null, detail, tookMs: 0 } as const],
  };
}

/** A notice of an ask is on the ask's record. */
export function reportOf(delivery: DeliveryRow, nowMs: number): number | null {
  return delivery.askId !== null && delivery.principal !== null ? nowMs : null;
}

/** Nothing goes there any more; what waits has failed, and can be played again once it is enabled. */
export function disableEndpoint(at: PeopleContext, endpointId: string, why: DisabledWhy): void {
  at.store.endpoints.change(endpointId, { disabledWhy: why });
  failWaiting(at, endpointId, `the endpoint was disabled: ${why}`);
}

/** Ends what waits for an endpoint. */
export function failWaiting(at: PeopleContext, endpointId: string, detail: string): void {
  const attempt = { atMs: at.clock.nowMs(), result: "failed", status: null, detail, tookMs: 0 } as const;
  at.store.deliveries.failWaiting(laneOf(endpointId), attempt);
  at.store.endpoints.change(endpointId, { pending: 0 });
}

/** Keeps an endpoint's count of what waits. */
export function count(at: PeopleContext, lane: string, by: number): void {
  const endpointId = endpointOfLane(lane);
  if (endpointId !== null) at.store.endpoints.addPending(endpointId, by);
}

function add(at: PeopleContext, message: MessageRow, target: Target): void {
  at.store.deliveries.add(deliveryOf(at, message, target));
  count(at, target.lane, 1);
}

function addOff(at: PeopleContext, message: MessageRow, target: Target): void {
  const row = deliveryOf(at, message, target);
  const ended = endOf(row, "off", "no channel of this person is open", at.clock.nowMs());
  at.store.deliveries.add({ ...row, ...ended });
}

function deliveryOf(at: PeopleContext, message: MessageRow, target: Target): DeliveryRow {
  const nowMs = at.clock.nowMs();
  return {
    id: at.newId(),
    eventId: message.eventId,
    askId: message.askId,
    seq: message.seq,
    ...target,
    state: "pending",
    tries: 0,
    nextTryAtMs: nowMs,
    attempts: [],
    createdAtMs: nowMs,
    endedAtMs: null,
    reportAtMs: null,
  };
}

function targetsOf(at: PeopleContext, principal: string, why: string): readonly Target[] {
  const documents = documentsOf(at);
  const colon = principal.indexOf(":");
  const kind = principal.slice(0, colon);
  if (kind === "mail" || kind === "slack" || kind === "github") {
    const known = personOf(documents, principal);
    const holder = known === null ? principal : `user:${known.name}`;
    return [{ lane: kind, principal: holder, address: principal.slice(colon + 1), why }];
  }
  const person = personOf(documents, principal);
  const endpoints = at.store.endpoints.list().filter((one) => one.person === person?.name);
  return (person?.channels ?? []).flatMap((channel): readonly Target[] => {
    if (channel.kind !== "webhook") return [{ lane: channel.kind, principal, address: channel.address, why }];
    const endpoint = endpoints.find(({ url }) => url === channel.address);
    const isOpen = endpoint !== undefined && endpoint.disabledWhy === null;
    return isOpen ? [{ lane: laneOf(endpoint.id), principal, address: null, why }] : [];
  });
}
