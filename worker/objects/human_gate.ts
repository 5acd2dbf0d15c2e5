/**
 * `HumanGate`: one question to a person (Autonomy 19), a Durable Object named by its ask's id. A shell around
 * `domain/gate.ts`: load, decide, apply, announce (O3).
 *
 * Owns: the question, its state, the grants (hashed) and an outbox with the resolution for the queue.
 *
 * Invariants
 * 1. (O1) From reading the record to writing the decision there is no `await`: two answers at once have one winner.
 * 2. (O2) The resolution and the new state are one transaction; the alarm sends it until the queue has taken it.
 * 3. (G1) {@link HumanGate.view} and the alarm write nothing about the question.
 * 4. (S1) A token is made here, given out once, and kept only as the hash of its secret. The key that signs it comes
 *    from the admin token (`domain/gate_key.ts`), so that no further secret has to be kept anywhere.
 */
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import migrations from "../../migrations/human_gate/migrations.js";
import {
  encodeGateToken,
  GRANT_BYTES,
  grantText,
  SECRET_BYTES,
  secretHash,
} from "../../protocol/autonomy/gate_token.ts";
import type { AskId } from "../../protocol/ids.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { GateAsk, OutboxRow } from "../domain/event.ts";
import * as decide from "../domain/gate.ts";
import { deriveGateKey, GATE_KEY_ID, readGateToken } from "../domain/gate_key.ts";
import type { GateError, GateResponder, GateView, HumanGateApi } from "../domain/former_gate_api.ts";
import type { JobQueueApi } from "../domain/job_queue_api.ts";
import type { Env } from "../env.ts";
import { createGateStore, type GateStore } from "../store/gate/store.ts";
import { createObjectClock, type ObjectClock } from "./clock.ts";
import { objectName } from "./object_name.ts";
import { createOutbox, type Outbox } from "./outbox.ts";

/** See the file's header. */
export class HumanGate extends DurableObject<Env> implements HumanGateApi {
  readonly #askId: AskId;
  readonly #key: Uint8Array;
  readonly #clock: ObjectClock;
  readonly #store: GateStore;
  readonly #outbox: Outbox;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    if (!env.SHOPFLOOR_ADMIN_TOKEN) {
      throw new Error("Cannot open gate as SHOPFLOOR_ADMIN_TOKEN must be set: current value is empty");
    }
    this.#askId = objectName(ctx) as AskId;
    this.#key = deriveGateKey(env.SHOPFLOOR_ADMIN_TOKEN);
    this.#clock = createObjectClock(ctx.storage, env.SHOPFLOOR_CLOCK);
    const db = drizzle(ctx.storage);
    this.#store = createGateStore(db, `gate:${this.#askId}`);
    this.#outbox = createOutbox({
      store: this.#store,
      senders: { queue: (rows) => this.#tellQueue(rows) },
      clock: this.#clock,
      onSettled: () => this.#arm(),
    });
    ctx.blockConcurrencyWhile(() => migrate(db, migrations));
  }

  async open(ask: GateAsk): Promise<void> {
    const record = decide.decideOpen(this.#store.load(), ask);
    if (record !== null) this.#store.commit({ record }, this.#clock.nowMs());
    await Promise.resolve();
  }

  async cancel(reason: string): Promise<void> {
    const record = decide.decideCancel(this.#store.load(), reason);
    if (record !== null) this.#store.commit({ record }, this.#clock.nowMs());
    await Promise.resolve();
  }

  async issueToken(holder: string): Promise<Result<{ token: string; expiresAtMs: number }, GateError>> {
    const grant = crypto.getRandomValues(new Uint8Array(GRANT_BYTES));
    const secret = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
    const nowMs = this.#clock.nowMs();
    const claim = { grantId: grantText(grant), secretHash: secretHash(secret) };
    const issued = decide.decideIssue(this.#store.load(), { ...claim, holder, nowMs });
    if (!issued.ok) return issued;
    this.#store.commit({ record: issued.value.gate, newGrant: issued.value.grant }, nowMs);
    const token = encodeGateToken({ kid: GATE_KEY_ID, gateId: this.#askId, grant, secret }, this.#key);
    return await Promise.resolve(ok({ token, expiresAtMs: issued.value.grant.expiresAtMs }));
  }

  async view(responder: GateResponder): Promise<Result<GateView, GateError>> {
    const who = this.#recognise(responder);
    if (!who.ok) return who;
    const view = decide.viewGate(this.#store.load(), this.#store.grants(), who.value, this.#clock.nowMs());
    return await Promise.resolve(view);
  }

  async decide(
    responder: GateResponder,
    { action, reason }: { readonly action: "approve" | "reject"; readonly reason: string },
  ): Promise<Result<GateView, GateError>> {
    const who = this.#recognise(responder);
    if (!who.ok) return who;
    const nowMs = this.#clock.nowMs();
    const answer = { action, reason };
    const decided = decide.decideAnswer(this.#store.load(), this.#store.grants(), who.value, answer, nowMs);
    if (!decided.ok) return decided;
    const { gate } = decided.value;
    if (decided.value.kind === "resolve") {
      const { resolution, usedGrantId } = decided.value;
      const { owner, project } = gate.ask;
      this.#store.commit({
        record: gate,
        ...(usedGrantId === null ? {} : { usedGrant: { grantId: usedGrantId, usedAtMs: nowMs } }),
        event: { destination: "queue", owner, project, resolution },
      }, nowMs);
      this.#arm();
      // Waiting for the first try only makes the task's new place visible to who asks right after the answer.
      await this.#outbox.drain();
    }
    return ok(decide.viewOf(gate));
  }

  /** Sends what is still in the outbox. Safe early, late and twice. */
  override async alarm(): Promise<void> {
    await this.#outbox.drain();
    this.#arm();
  }

  /** Moves this object's clock; refused unless the configuration says `fake`. */
  async advanceClock(ms: number): Promise<void> {
    this.#clock.advance(ms);
    await this.alarm();
  }

  #recognise(responder: GateResponder): Result<decide.Responder, GateError> {
    if (responder.kind === "user") return ok(responder);
    const token = readGateToken(responder.token, this.#key);
    if (!token.ok) return token;
    if (token.value.gateId !== this.#askId) return err({ reason: "token_unknown" });
    const claim = { grantId: grantText(token.value.grant), secretHash: secretHash(token.value.secret) };
    return ok({ kind: "grant", claim });
  }

  async #tellQueue(rows: readonly OutboxRow[]): Promise<void> {
    for (const { eventId, event } of rows) {
      if (event.destination !== "queue") continue;
      const queue = this.env.JOB_QUEUE.getByName(`${event.owner}/${event.project}`) as unknown as JobQueueApi;
      await queue.gateResolved(eventId, event.resolution);
    }
  }

  #arm(): void {
    const dueMs = this.#outbox.nextTryMs();
    if (dueMs === null) return;
    this.ctx.storage.setAlarm(this.#clock.toPlatformMs(dueMs)).catch(() => this.ctx.abort("alarm_not_set"));
  }
}
