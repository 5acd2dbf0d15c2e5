/** The endpoints of a project's webhooks: made, changed, rotated, and what went to them played again. */
import { isWanted } from "../../protocol/autonomy/webhook.ts";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { err, ok, type Result } from "../../protocol/result.ts";
import { SALT_BYTES } from "../domain/people/endpoint_key.ts";
import type {
  DeliveryQuery,
  DeliveryView,
  EndpointInput,
  EndpointView,
  EndpointWithSecret,
} from "../domain/people/sending.ts";
import type { PeopleError } from "../domain/people_api.ts";
import { publicUrl } from "../domain/public_url.ts";
import { PAGE_DEFAULT, PAGE_MAX } from "../../protocol/limits.ts";
import { WEBHOOK_REPLAY_MAX, WEBHOOKS_MAX } from "../limits.ts";
import type { DeliveryRow } from "../store/people/delivery_table.ts";
import type { EndpointRow } from "../store/people/endpoint_table.ts";
import { documentsOf, endpointOfLane, laneOf, type PeopleContext } from "./people_context.ts";
import type { EndpointKeys } from "./people_keys.ts";
import { disableEndpoint, failWaiting, queueAgain, queueForEndpoint } from "./people_queue.ts";

type Found<T> = Result<T, PeopleError>;

/** As its owner may see it. */
export async function endpointView(keys: EndpointKeys, row: EndpointRow): Promise<EndpointView> {
  const { salt: _, disabledWhy, previousKeyUntilMs, ...rest } = row;
  return {
    ...rest,
    state: disabledWhy === null ? "enabled" : "disabled",
    disabledWhy,
    previousKeyUntilMs,
    publicKey: await keys.publicKey(row),
  };
}

/** One endpoint. */
export function findEndpoint(at: PeopleContext, endpointId: string): Found<EndpointRow> {
  const row = at.store.endpoints.read(endpointId);
  return row === null ? err({ reason: "not_found", what: "webhook", id: endpointId }) : ok(row);
}

/** Makes one. With a `onceKey` its id follows from that, so that the same request again finds it. */
export async function makeEndpoint(
  at: PeopleContext,
  keys: EndpointKeys,
  { isEnabled, ...input }: EndpointInput,
  onceKey: string | null,
): Promise<Found<EndpointWithSecret>> {
  const id = onceKey === null
    ? at.newId()
    : bytesToHex(sha256(utf8ToBytes(`${at.name} ${onceKey}`))).slice(0, 26);
  const made = at.store.atomically((): Found<EndpointRow> => {
    const url = checkedUrl(at, input.url);
    if (!url.ok) return url;
    if (at.store.endpoints.read(id) !== null) return err({ reason: "answer_not_kept", id });
    if (at.store.endpoints.list().filter(({ person }) => person === null).length >= WEBHOOKS_MAX) {
      return err({ reason: "too_many_webhooks", webhooksMax: WEBHOOKS_MAX });
    }
    const disabledWhy = isEnabled ? null : "by_hand";
    const row = newEndpoint(at, { ...input, id, url: url.value, person: null, disabledWhy });
    at.store.endpoints.add(row);
    return ok(row);
  });
  if (!made.ok) return made;
  return ok({ endpoint: await endpointView(keys, made.value), secret: keys.secret(made.value) });
}

/** An endpoint with a key of its own and no past. */
export function newEndpoint(
  at: PeopleContext,
  given: Pick<EndpointRow, "id" | "url" | "description" | "types" | "person" | "disabledWhy">,
): EndpointRow {
  return {
    ...given,
    salt: bytesToHex(crypto.getRandomValues(new Uint8Array(SALT_BYTES))),
    generation: 1,
    previousKeyUntilMs: null,
    failingSinceMs: null,
    throttledUntilMs: null,
    pending: 0,
    createdAtMs: at.clock.nowMs(),
  };
}

/** Changes what its owner chose. */
export async function changeEndpoint(
  at: PeopleContext,
  keys: EndpointKeys,
  id: string,
  { isEnabled, ...input }: EndpointInput,
): Promise<Found<EndpointView>> {
  const changed = at.store.atomically((): Found<EndpointRow> => {
    const found = findEndpoint(at, id);
    if (!found.ok) return found;
    const { person, disabledWhy } = found.value;
    const url = checkedUrl(at, input.url);
    if (!url.ok) return url;
    if (person !== null && url.value !== found.value.url && input.url !== found.value.url) {
      return err({ reason: "webhook_of_person", person });
    }
    at.store.endpoints.change(id, { ...input, url: person === null ? url.value : found.value.url });
    if (!isEnabled && disabledWhy === null) disableEndpoint(at, id, "by_hand");
    // A fresh start: what it did before it was enabled again is not held against it.
    if (isEnabled && disabledWhy !== null) {
      at.store.endpoints.change(id, { disabledWhy: null, failingSinceMs: null, throttledUntilMs: null });
    }
    return findEndpoint(at, id);
  });
  return changed.ok ? ok(await endpointView(keys, changed.value)) : changed;
}

/** Deletes it; what waits for it has failed. One of a person goes with the document that names it. */
export function deleteEndpoint(at: PeopleContext, endpointId: string): Found<null> {
  const found = findEndpoint(at, endpointId);
  if (!found.ok) return found;
  const { person } = found.value;
  if (person !== null) return err({ reason: "webhook_of_person", person });
  at.store.atomically(() => {
    failWaiting(at, endpointId, "the endpoint was deleted");
    at.store.endpoints.remove(endpointId);
  });
  return ok(null);
}

/** Gives it a new key. */
export async function rotateKey(
  at: PeopleContext,
  keys: EndpointKeys,
  endpointId: string,
  { overlapMs, expectedGeneration }: { readonly overlapMs: number; readonly expectedGeneration?: number },
): Promise<Found<EndpointWithSecret>> {
  const found = findEndpoint(at, endpointId);
  if (!found.ok) return found;
  const { generation } = found.value;
  if (expectedGeneration !== undefined && expectedGeneration !== generation) {
    return err({ reason: "generation_conflict", generation });
  }
  const nowMs = at.clock.nowMs();
  const changed = {
    generation: generation + 1,
    previousKeyUntilMs: overlapMs > 0 ? nowMs + overlapMs : null,
  };
  at.store.endpoints.change(endpointId, changed);
  const row = { ...found.value, ...changed };
  return ok({ endpoint: await endpointView(keys, row), secret: keys.secret(row) });
}

/** One delivery, as its owner may see it: never an address of a person. */
export function deliveryView(at: PeopleContext, row: DeliveryRow): DeliveryView {
  const message = at.store.messages.read(row.eventId);
  const endpointId = endpointOfLane(row.lane);
  const { id, askId, seq, state, attempts, nextTryAtMs, createdAtMs, endedAtMs } = row;
  return {
    ...{ id, messageId: message?.messageId ?? "", type: message?.type ?? "", askId, seq, state },
    ...{ attempts, nextTryAtMs, createdAtMs, endedAtMs },
    target: row.principal === null ? { kind: "webhook", endpointId: endpointId ?? "" } : {
      kind: "person",
      principal: row.principal,
      channel: endpointId === null ? row.lane : "webhook",
      why: row.why ?? "",
    },
  };
}

/** A page of deliveries, the newest first. */
export function listDeliveries(
  at: PeopleContext,
  query: DeliveryQuery,
): { readonly deliveries: readonly DeliveryView[]; readonly nextCursor: string | null } {
  const limit = Math.min(query.limit ?? PAGE_DEFAULT, PAGE_MAX);
  const rows = at.store.deliveries.list({ ...query, limit: limit + 1 });
  const page = rows.slice(0, limit);
  return {
    deliveries: page.map((row) => deliveryView(at, row)),
    nextCursor: rows.length > limit ? page.at(-1)?.id ?? null : null,
  };
}

/** Sends one again, under the id that it has. */
export function replayDelivery(at: PeopleContext, deliveryId: string): Found<DeliveryView> {
  return at.store.atomically(() => {
    const row = at.store.deliveries.read(deliveryId);
    if (row === null) return err({ reason: "not_found", what: "delivery", id: deliveryId });
    const endpointId = endpointOfLane(row.lane);
    // A link in a notice is old by now; the ask tells its people itself, as long as it waits.
    if (endpointId === null) return err({ reason: "not_replayable", id: deliveryId });
    const endpoint = usable(at, endpointId);
    if (!endpoint.ok) return endpoint;
    queueAgain(at, row);
    return ok(deliveryView(at, at.store.deliveries.read(deliveryId) ?? row));
  });
}

/** Sends again what happened from one instant up to another; what the endpoint never got, too. */
export function replayRange(
  at: PeopleContext,
  endpointId: string,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number },
): Found<{ readonly queued: number; readonly nextFromMs: number | null }> {
  return at.store.atomically(() => {
    const endpoint = usable(at, endpointId);
    if (!endpoint.ok) return endpoint;
    const { person, types } = endpoint.value;
    const found = at.store.messages.between(fromMs, untilMs, WEBHOOK_REPLAY_MAX + 1);
    const rest = found[WEBHOOK_REPLAY_MAX];
    let queued = 0;
    for (const message of found.slice(0, WEBHOOK_REPLAY_MAX)) {
      const known = at.store.deliveries.find(
        message,
        laneOf(endpointId),
        person === null ? null : `user:${person}`,
      );
      if (known !== null) queueAgain(at, known);
      else if (person === null && message.askId !== null && isWanted(types, message.type)) {
        queueForEndpoint(at, message, at.store.endpoints.read(endpointId) ?? endpoint.value);
      } else continue;
      queued++;
    }
    return ok({ queued, nextFromMs: rest?.atMs ?? null });
  });
}

function usable(at: PeopleContext, endpointId: string): Found<EndpointRow> {
  const found = findEndpoint(at, endpointId);
  if (!found.ok || found.value.disabledWhy === null) return found;
  return err({ reason: "webhook_disabled", id: endpointId, why: found.value.disabledWhy });
}

function checkedUrl(at: PeopleContext, text: string): Found<string> {
  const url = publicUrl(text, documentsOf(at).hosts);
  return url.ok ? ok(url.value.href) : err({ reason: "url_refused", why: url.error.reason });
}
