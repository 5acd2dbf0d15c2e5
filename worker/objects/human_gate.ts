/**
 * `HumanGate`: one question to a person (Autonomy 19), a Durable Object named by its ask's id. A shell around
 * `domain/gate/`: load facts, decide, apply, announce (O3).
 *
 * Owns: the ask and its state, the grants (hashed), the answers taken, the audit chain, and an outbox with resolutions for
 * the queue, events for the project's people, and heads of the chain for the task's timeline.
 *
 * Invariants
 * 1. (O1) From reading the record to writing the decision there is no `await`: two answers at once have one winner. Facts
 *    from outside (who somebody is, who is on call) are loaded before, and the record is read again.
 * 2. (O2) State, grant, `seq`, links of the chain and events are one transaction (19.4). The alarm sends what is left.
 * 3. (G1) {@link HumanGate.view}, the clock and the alarm never answer. Before anything is decided, the clock's due work is
 *    done: how late an alarm comes makes no difference.
 * 4. (S1) A token is made here, given out once, and kept only as the hash of its secret.
 * 5. One alarm: the earliest of the ask's timers, the outbox, and the next head for the timeline.
 */
import { DurableObject } from "cloudflare:workers";
import { jsonDigest } from "../../protocol/autonomy/audit_chain.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import type { GateAsk } from "../domain/event.ts";
import type { GateAction, Responder } from "../domain/gate/action.ts";
import type { Actor } from "../domain/gate/actor.ts";
import { foldedEntries } from "../domain/gate/audit_fold.ts";
import { actorOf } from "../domain/gate/recognise.ts";
import type { Ask } from "../domain/gate/ask.ts";
import { attemptOf, decideAct } from "../domain/gate/decide.ts";
import { GateDraft } from "../domain/gate/gate_draft.ts";
import type { GateError } from "../domain/gate/gate_error.ts";
import type { Receipt } from "../domain/gate/gate_state.ts";
import type { GateView } from "../domain/gate/gate_view.ts";
import { linkAttemptOf, matchGrant, refuseGrant, refuseLink } from "../domain/gate/grants.ts";
import { decideCancel, decideSupersede } from "../domain/gate/lifecycle.ts";
import { lineGateAsk } from "../domain/gate/line_gate.ts";
import { lookOf, viewOf } from "../domain/gate/view.ts";
import type { GrantScope, HumanGateApi, IssuedToken } from "../domain/human_gate_api.ts";
import type { Env } from "../env.ts";
import { GATE_WAIT_MAX_MS } from "../limits.ts";
import { issueLink } from "./gate_links.ts";
import { armGate } from "./gate_arm.ts";
import { type OpenGate, openGate } from "./open_gate.ts";

/** See the file's header. */
export class HumanGate extends DurableObject<Env> implements HumanGateApi {
  readonly #gate: OpenGate;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#gate = openGate(ctx, env);
  }

  async arm(ask: Ask): Promise<{ readonly isNew: boolean; readonly isSame: boolean }> {
    return await armGate(this.#gate.core, ask);
  }

  async open(lineGate: GateAsk): Promise<void> {
    const { core, people } = this.#gate;
    if (core.store.load().kind === "opened") return;
    const policy = await people(lineGate.owner, lineGate.project).policyOf(lineGate);
    await this.arm(lineGateAsk(lineGate, policy));
  }

  async cancel(reason: string, by?: string): Promise<void> {
    const { core } = this.#gate;
    const nowMs = core.nowMs();
    // The queue's task has moved on and is not told; who else takes it back says so, and the task is.
    const who = by === undefined ? "system" : actorOf({ kind: "program", principal: by }, null, new Map());
    const decided = decideCancel(core.store.load(), { reason, by: who, nowMs });
    if (decided instanceof GateDraft) core.apply(decided);
    else if (decided !== null) core.store.commit({ record: decided }, nowMs);
    await Promise.resolve();
  }

  async supersede(rev: string): Promise<void> {
    const { core } = this.#gate;
    core.apply(decideSupersede(core.store.load(), { rev }, "system", core.nowMs()));
    await Promise.resolve();
  }

  async issueToken(input: {
    readonly holder: string;
    readonly channel: string;
    readonly scope: GrantScope;
  }): Promise<Result<IssuedToken, GateError>> {
    return await Promise.resolve(issueLink(this.#gate, { ...input, by: "system" }));
  }

  async makeLink(responder: Responder, wanted: string | null): Promise<Result<IssuedToken, GateError>> {
    const found = await this.#gate.recognise(responder);
    if (!found.ok) return found;
    const { core } = this.#gate;
    core.catchUp();
    const gate = core.opened();
    const actor = this.#fresh(found.value);
    const holder = wanted ?? actor.principal;
    const error = refuseLink(gate, actor, holder);
    if (error === null) return issueLink(this.#gate, { holder, channel: "link", scope: "redeem", by: actor });
    core.note(linkAttemptOf(gate, actor, { holder, error, nowMs: core.nowMs() }));
    return err(error);
  }

  async view(responder: Responder): Promise<Result<GateView, GateError>> {
    const found = await this.#gate.recognise(responder);
    if (!found.ok) return found;
    const { core } = this.#gate;
    core.catchUp();
    const gate = core.opened();
    const actor = this.#fresh(found.value);
    const nowMs = core.nowMs();
    const stale = refuseGrant(gate, actor.grant, nowMs);
    if (stale !== null) return err(stale);
    core.note(lookOf(gate, actor, nowMs));
    return ok(viewOf(gate, actor, core.store.head().hash, nowMs));
  }

  async act(
    responder: Responder,
    said: GateAction,
    once: { readonly key: string | null },
  ): Promise<Result<GateView, GateError>> {
    const action = await this.#gate.named(said);
    const found = await this.#gate.recognise(responder);
    if (!found.ok) return found;
    const actor = this.#fresh(found.value);
    const { core } = this.#gate;
    core.catchUp();
    const gate = core.opened();
    const nowMs = core.nowMs();
    const receiptId = `${gate.seq}.${core.store.head().links}`;
    const input = { actor, action, key: once.key, nowMs, receiptId };
    const facts = { grants: core.store.grants(), receipts: core.store.receipts() };
    const decided = decideAct(gate, facts, input);
    if (!decided.ok) {
      core.note(attemptOf(gate, input, decided.error));
      return decided;
    }
    switch (decided.value.kind) {
      case "same":
        return ok(this.#viewFor(actor));
      case "replay":
        return ok(this.#replayed(decided.value.receipt, actor));
      case "change": {
        const { draft } = decided.value;
        if (draft.receipt !== null && draft.resolution === null) return ok(this.#answer(draft, actor));
        core.apply(draft);
        // Waiting for the first try only makes the task's new place visible to who asks right after the answer.
        if (draft.resolution !== null) await core.outbox.drain("queue");
        void core.tick();
        return draft.receipt === null ? ok(this.#viewFor(actor)) : this.#answered(draft.receipt, actor);
      }
    }
  }

  audit() {
    return Promise.resolve(this.#gate.core.store.audit());
  }

  unlinked() {
    const folding = this.#gate.core.store.folding();
    return Promise.resolve(folding === null ? [] : foldedEntries(folding));
  }

  async noteDelivery(input: {
    readonly eventId: string;
    readonly channel: string;
    readonly target: string;
    readonly result: string;
  }): Promise<void> {
    const { core } = this.#gate;
    const record = core.store.load();
    const notedKey = jsonDigest(input);
    if (record.kind !== "opened" || core.store.isNoted(notedKey)) return;
    const draft = new GateDraft(record, core.nowMs());
    const { eventId, channel, target, result } = input;
    draft.note("gate.delivery", "system", { channel, detail: { event: eventId, target, result } });
    core.store.commit({ entries: draft.end().entries, notedKey }, core.nowMs());
    core.rearm();
    await Promise.resolve();
  }

  async wait(afterSeq: number, waitMs: number): Promise<GateView | null> {
    const { core } = this.#gate;
    core.catchUp();
    const record = core.store.load();
    if (record.kind !== "opened") return null;
    if (record.seq <= afterSeq && waitMs > 0) {
      await this.#gate.waiters.until(afterSeq, Math.min(waitMs, GATE_WAIT_MAX_MS));
    }
    return viewOf(core.opened(), null, core.store.head().hash, core.nowMs());
  }

  place() {
    return Promise.resolve(this.#gate.core.place());
  }

  async wake(): Promise<void> {
    await this.#gate.core.onAlarm();
  }

  /** Does what time demands. Safe early, late and twice. */
  override async alarm(): Promise<void> {
    await this.#gate.core.onAlarm();
  }

  /** Moves this object's clock; refused unless the configuration says `fake`. */
  async advanceClock(ms: number): Promise<void> {
    this.#gate.clock.advance(ms);
    await this.alarm();
  }

  /** The actor with its link as it is at this very moment: others decided while it was looked up (O1). */
  #fresh(actor: Actor): Actor {
    if (actor.grant === null) return actor;
    return { ...actor, grant: matchGrant(this.#gate.core.store.grants(), actor.grant) };
  }

  #viewFor(actor: Actor): GateView {
    const { core } = this.#gate;
    return viewOf(core.opened(), actor, core.store.head().hash, core.nowMs());
  }

  /** Takes an answer in which no queue has a say: the response is written with it. */
  #answer(draft: GateDraft, actor: Actor): GateView {
    const { core } = this.#gate;
    core.answer(draft, (gate, head) => ({ ...viewOf(gate, actor, head, draft.nowMs), ask: undefined }));
    void core.tick();
    return this.#replayed(core.store.receipts().at(-1)!, actor);
  }

  /** The response to an answer, kept for its repeats; a refusal where what waited had gone another way meanwhile. */
  #answered(receipt: Receipt, actor: Actor): Result<GateView, GateError> {
    const { core } = this.#gate;
    const gate = core.opened();
    const { state, seq } = gate;
    if (state.kind === "cancelled" && state.outcome !== null) {
      const at = { state: state.kind, seq };
      return err({ reason: "gate_cancelled", at, outcome: state.outcome, detail: state.reason });
    }
    const { ask: _, ...response } = this.#viewFor(actor);
    core.store.commit({ receipt: { ...receipt, response } }, core.nowMs());
    return ok({ ask: gate.ask, ...response });
  }

  #replayed(receipt: Receipt, actor: Actor): GateView {
    if (receipt.response === null) return this.#viewFor(actor);
    return { ask: this.#gate.core.opened().ask, ...receipt.response as Omit<GateView, "ask"> };
  }
}
