/**
 * `People`: who the people of a project are, what they are asked, and how they are told (Autonomy 19.3, 19.7, 19.9). A
 * Durable Object named `{owner}/{project}`; a shell (O3): what is decided is decided in `domain/people/`.
 *
 * Owns: the documents, the worklist, the endpoints and every delivery. Its one alarm is the earliest next try.
 *
 * Invariants
 * 1. (O1, O2) What happened, the place on the worklist and all that goes out about it are one transaction.
 * 2. (O4) Nothing waits for a receiver, and nothing is lost with this object's memory: the rows say what is due.
 * 3. (G1) Nothing here decides an ask.
 * 4. (S1) Keys of endpoints are derived and links are made for the very try that sends them: neither is kept.
 */
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "../../migrations/people/migrations.js";
import { err, ok } from "../../protocol/result.ts";
import { createNotificationChannels } from "../channels/outgoing.ts";
import { policyFor } from "../domain/people/policy_lookup.ts";
import { identityOf, resolveTargets } from "../domain/people/resolve.ts";
import type { DeliveryQuery, EndpointInput } from "../domain/people/sending.ts";
import type { GateEvent, PeopleApi, PolicyPlace, WorklistInput } from "../domain/people_api.ts";
import type { Env } from "../env.ts";
import { createPeopleStore } from "../store/people/store.ts";
import { createObjectClock, type ObjectClock } from "./clock.ts";
import { createGateWatch, type GateWatch } from "./gate_watch.ts";
import { objectName } from "./object_name.ts";
import { createOrderedIds } from "./ordered_ids.ts";
import { documentsOf, type PeopleContext } from "./people_context.ts";
import { putDocuments, readDocuments } from "./people_documents.ts";
import * as endpoints from "./people_endpoints.ts";
import { createEndpointKeys, type EndpointKeys } from "./people_keys.ts";
import { createEventIntake } from "./people_intake.ts";
import { createPeoplePruner, type PeoplePruner } from "./people_prune.ts";
import { recordEvents, recordNotice } from "./people_record.ts";
import { createPeopleSender, type PeopleSender } from "./people_sender.ts";
import { listWorklist } from "./people_worklist.ts";

const BASE_URL_KEY = "base_url";

/** See the file's header. */
export class People extends DurableObject<Env> implements PeopleApi {
  readonly #clock: ObjectClock;
  readonly #at: PeopleContext;
  readonly #keys: EndpointKeys;
  readonly #sender: PeopleSender;
  readonly #watch: GateWatch;
  readonly #pruner: PeoplePruner;
  readonly #take: (events: readonly GateEvent[]) => Promise<void>;
  /** In this object's time; null: none is known to be set. One that comes early costs nothing. */
  #alarmAtMs: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    if (!env.SHOPFLOOR_ADMIN_TOKEN) {
      throw new Error("Cannot open people as SHOPFLOOR_ADMIN_TOKEN must be set: current value is empty");
    }
    const name = objectName(ctx);
    const [owner = "", project = ""] = name.split("/");
    this.#clock = createObjectClock(ctx.storage, env.SHOPFLOOR_CLOCK);
    const clock = this.#clock;
    this.#at = {
      ...{ name, owner, project, env, clock },
      store: createPeopleStore(ctx.storage),
      channels: createNotificationChannels(env),
      fetch: (url, init) => fetch(url, init),
      newId: createOrderedIds(() => clock.nowMs()),
      random: () => crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32,
      baseUrl: () =>
        env.PUBLIC_URL?.replace(/\/+$/, "") || (ctx.storage.kv.get<string>(BASE_URL_KEY) ?? null),
    };
    this.#keys = createEndpointKeys(env.SHOPFLOOR_ADMIN_TOKEN, name);
    this.#sender = createPeopleSender(this.#at, this.#keys, {
      keepAlive: (work) => ctx.waitUntil(work),
      onSettled: () => this.#arm(),
    });
    const waiting = (limit: number) =>
      this.#at.store.worklist.page({ endedSinceMs: null, after: null, limit });
    const { worklist } = this.#at.store;
    this.#watch = createGateWatch({
      ...{ storage: ctx.storage, env, clock, waiting },
      firstDueMs: () => worklist.firstDueMs(),
    });
    this.#pruner = createPeoplePruner(this.#at.store, clock);
    this.#take = createEventIntake({
      write: (events) => recordEvents(this.#at, events),
      onWritten: () => this.#wrote(),
      atEndOfTurn: (callback) => void setImmediate(callback),
    });
    ctx.blockConcurrencyWhile(async () => {
      await migrate(drizzle(ctx.storage), migrations);
      this.#send();
    });
  }

  async documents() {
    return await Promise.resolve(readDocuments(this.#at));
  }

  async documentVersions() {
    return await Promise.resolve(this.#at.store.documents.list());
  }

  async documentVersion(version: number) {
    const row = this.#at.store.documents.read(version);
    if (row === null) {
      return err({ reason: "not_found" as const, what: "version" as const, id: String(version) });
    }
    const { body, ...rest } = row;
    return await Promise.resolve(ok({ ...rest, documents: body }));
  }

  async putDocuments(input: Parameters<PeopleApi["putDocuments"]>[0]) {
    const put = putDocuments(this.#at, input);
    if (put.ok && input.baseUrl !== undefined) this.ctx.storage.kv.put(BASE_URL_KEY, input.baseUrl);
    return await Promise.resolve(put);
  }

  async policyFor(where: PolicyPlace) {
    return await Promise.resolve(policyFor(documentsOf(this.#at), where));
  }

  async resolve(targets: readonly string[], atMs: number) {
    return await Promise.resolve(resolveTargets(documentsOf(this.#at), targets, atMs));
  }

  async identify(identity: string) {
    return await Promise.resolve(identityOf(documentsOf(this.#at), identity));
  }

  async record(...events: readonly GateEvent[]) {
    await this.#take(events);
  }

  async inform(notice: Parameters<PeopleApi["inform"]>[0]) {
    const told = recordNotice(this.#at, notice);
    this.#wrote();
    return await Promise.resolve(told);
  }

  async worklist(input: WorklistInput) {
    return await Promise.resolve(listWorklist(this.#at, input));
  }

  async endpoints() {
    const rows = this.#at.store.endpoints.list();
    return ok(await Promise.all(rows.map((row) => endpoints.endpointView(this.#keys, row))));
  }

  async readEndpoint(endpointId: string) {
    const found = endpoints.findEndpoint(this.#at, endpointId);
    return found.ok ? ok(await endpoints.endpointView(this.#keys, found.value)) : found;
  }

  async makeEndpoint(input: EndpointInput, onceKey: string | null) {
    return await endpoints.makeEndpoint(this.#at, this.#keys, input, onceKey);
  }

  async changeEndpoint(endpointId: string, input: EndpointInput) {
    return await endpoints.changeEndpoint(this.#at, this.#keys, endpointId, input);
  }

  async deleteEndpoint(endpointId: string) {
    return await Promise.resolve(endpoints.deleteEndpoint(this.#at, endpointId));
  }

  async rotateEndpointKey(endpointId: string, input: Parameters<PeopleApi["rotateEndpointKey"]>[1]) {
    return await endpoints.rotateKey(this.#at, this.#keys, endpointId, input);
  }

  async deliveries(query: DeliveryQuery) {
    return await Promise.resolve(ok(endpoints.listDeliveries(this.#at, query)));
  }

  async replay(deliveryId: string) {
    const replayed = endpoints.replayDelivery(this.#at, deliveryId);
    this.#send();
    return await Promise.resolve(replayed);
  }

  async replayRange(endpointId: string, range: { readonly fromMs: number; readonly untilMs: number }) {
    const replayed = endpoints.replayRange(this.#at, endpointId, range);
    this.#send();
    return await Promise.resolve(replayed);
  }

  /** Begins what is due. Safe early, late and twice. */
  override alarm(): void {
    this.#alarmAtMs = null;
    this.ctx.waitUntil(this.#watch.look());
    this.#pruner.prune();
    this.#send();
  }

  /** Moves this object's clock; refused unless the configuration says `fake`. */
  advanceClock(ms: number): void {
    this.#clock.advance(ms);
    this.alarm();
  }

  #wrote(): void {
    this.#pruner.wrote();
    this.#send();
  }

  #send(): void {
    this.#sender.pump();
    this.#arm();
  }

  #arm(): void {
    const dueMs = earliest([this.#sender.nextWakeMs(), this.#watch.nextMs(), this.#pruner.nextMs()]);
    const nowMs = this.#clock.nowMs();
    if (dueMs === null || (this.#alarmAtMs !== null && nowMs < this.#alarmAtMs && this.#alarmAtMs <= dueMs)) {
      return;
    }
    this.#alarmAtMs = dueMs;
    this.ctx.storage.setAlarm(this.#clock.toPlatformMs(dueMs)).catch(() => this.ctx.abort("alarm_not_set"));
  }
}

function earliest(times: readonly (number | null)[]): number | null {
  const set = times.filter((atMs) => atMs !== null);
  return set.length === 0 ? null : Math.min(...set);
}
