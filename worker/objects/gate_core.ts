/** The one place of a `HumanGate` where decisions are written, the clock is served and the alarm is set. */
import type { OutboxEvent } from "../domain/event.ts";
import { taskOf } from "../domain/gate/ask.ts";
import type { AuditContent } from "../domain/gate/audit_entry.ts";
import { addToFolding, firstOf, foldWindowMs } from "../domain/gate/audit_fold.ts";
import { decideDue } from "../domain/gate/clock.ts";
import { targetsToResolve } from "../domain/gate/escalation.ts";
import type { GateChange, GateDraft } from "../domain/gate/gate_draft.ts";
import type { OpenedGate } from "../domain/gate/gate_state.ts";
import { dueTimer, nextTimerMs } from "../domain/gate/timers.ts";
import { decideEffect } from "../domain/gate/verification.ts";
import type { ResolvedTarget } from "../domain/people_api.ts";
import type { Env } from "../env.ts";
import { GATE_DIGEST_MS, GATE_RESOLVE_RETRY_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import type { GateStore } from "../store/gate/store.ts";
import type { GatePeople } from "./gate_people.ts";
import { createGateSenders } from "./gate_senders.ts";
import type { GateWaiters } from "./gate_waiters.ts";
import { createOutbox, type Outbox } from "./outbox.ts";

export interface GateCore {
  readonly store: GateStore;
  readonly outbox: Outbox;
  nowMs(): number;
  /** Writes decisions, one after the other, in one transaction, and sets the alarm. Null: nothing changes. */
  apply(...drafts: readonly (GateDraft | null)[]): void;
  /** Writes a look or a refused attempt: as a link of the chain, or where it is very long as one more of its kind. */
  note(entry: AuditContent | null): void;
  /** Writes an answer, and what is said to it, in one transaction. `head`: the hash of the chain's end. */
  answer(draft: GateDraft, respond: (gate: OpenedGate, head: string) => unknown): void;
  /** Does what is due and needs nobody: to be called before anything is decided. */
  catchUp(): void;
  /** Whom the level that is due means right now; null: none is due, or nobody could say. Never rejects. */
  targetsOf(gate: OpenedGate): Promise<readonly ResolvedTarget[] | null>;
  /** Does everything that is due, asks who is on call, and sends what waits. */
  tick(): Promise<void>;
  onAlarm(): Promise<void>;
  rearm(): void;
  /** The alarm that is set, after a wake-up. */
  knowAlarm(platformMs: number | null): void;
  /** The ask. Throws where there is none. */
  opened(): OpenedGate;
  place(): { readonly owner: string; readonly project: string; readonly taskId: string | null } | null;
}

export function createGateCore({ ctx, env, store, clock, waiters, people }: {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly store: GateStore;
  readonly clock: Clock;
  readonly waiters: GateWaiters;
  readonly people: (owner: string, project: string) => GatePeople;
}): GateCore {
  /** After an outage of `People`; may be forgotten. */
  let resolveNotBeforeMs = 0;
  const nowMs = () => clock.nowMs();
  const outbox = createOutbox({
    store,
    senders: createGateSenders({ env, people, onEffect: (tookEffect) => onEffect(tookEffect) }),
    clock,
    onSettled: () => {
      // What else came with it is on its way, and ends as well: most often one write says that all is delivered.
      if (!outbox.isSending()) store.settle();
      rearm();
    },
  });
  /** In the platform's time; null: none is known to be set. */
  let alarmAtMs: number | null = null;

  function load(): OpenedGate | null {
    const record = store.load();
    return record.kind === "opened" ? record : null;
  }

  function write(
    drafts: readonly (GateDraft | null)[],
    respond?: (gate: OpenedGate, head: string) => unknown,
  ): void {
    const made = drafts.filter((draft) => draft !== null);
    const changes = made.map((draft) => draft.end());
    const last = changes.at(-1);
    if (last === undefined) return;
    const { gate } = last;
    store.commit({
      record: gate,
      newGrant: changes.findLast((change) => change.newGrant !== null)?.newGrant ?? null,
      usedGrantId: changes.findLast((change) => change.usedGrantId !== null)?.usedGrantId ?? null,
      revokedGrantIds: changes.flatMap((change) => change.revokedGrantIds),
      receipt: changes.findLast((change) => change.receipt !== null)?.receipt ?? null,
      entries: changes.flatMap((change) => change.entries),
      events: changes.flatMap(outgoing),
      ...(respond === undefined ? {} : { respond: ({ hash }) => respond(gate, hash) }),
    }, made.at(-1)!.nowMs);
    waiters.moved(gate.seq);
    rearm();
  }

  const apply: GateCore["apply"] = (...drafts) => write(drafts);

  function onEffect(tookEffect: boolean): void {
    const gate = load();
    if (gate !== null) apply(decideEffect(gate, tookEffect, nowMs()));
  }

  function catchUp(): void {
    const gate = load();
    if (gate !== null) apply(decideDue(gate, null, nowMs()));
  }

  async function targetsOf(gate: OpenedGate): Promise<readonly ResolvedTarget[] | null> {
    const targets = targetsToResolve(gate);
    if (targets === null || nowMs() < resolveNotBeforeMs) return null;
    if (dueTimer(gate, nowMs())?.kind !== "enter") return null;
    try {
      return await people(gate.ask.owner, gate.ask.project).resolve(targets, nowMs());
    } catch (cause) {
      resolveNotBeforeMs = nowMs() + GATE_RESOLVE_RETRY_MS;
      const name = cause instanceof Error ? cause.name : "unknown";
      console.warn(JSON.stringify({ event: "gate_resolve_failed", askId: gate.ask.askId, cause: name }));
      return null;
    }
  }

  /** Enters the level that is due, with its targets as they are now. */
  async function enter(): Promise<boolean> {
    const gate = load();
    const due = gate === null ? null : dueTimer(gate, nowMs());
    const resolved = gate === null ? null : await targetsOf(gate);
    if (due === null || resolved === null) return false;
    // Another event may have moved it on meanwhile: these targets are those of that timer alone (O1).
    const now = load()!;
    if (!now.timers.some((timer) => timer.key === due.key)) return true;
    apply(decideDue(now, resolved, nowMs()));
    return true;
  }

  async function tick(): Promise<void> {
    catchUp();
    while (await enter()) catchUp();
    rearm();
    await outbox.drain();
  }

  /** The head of the chain goes to the task's timeline a day after what is new in it (19.10). */
  function digestDueMs(gate: OpenedGate): number | null {
    const { nextAt } = store.told();
    return nextAt === null || taskOf(gate.ask) === null ? null : Date.parse(nextAt) + GATE_DIGEST_MS;
  }

  function tellTimeline(): void {
    const gate = load();
    const dueMs = gate === null ? null : digestDueMs(gate);
    if (gate === null || dueMs === null || dueMs > nowMs()) return;
    const { owner, project, askId } = gate.ask;
    const { links, hash } = store.head();
    const head = { askId, taskId: taskOf(gate.ask)!, links, hash };
    store.commit({ events: [{ destination: "timeline", owner, project, head }], toldLinks: links }, nowMs());
  }

  function note(entry: AuditContent | null): void {
    if (entry === null) return;
    const at = { nowMs: nowMs(), windowMs: foldWindowMs(store.head().links) };
    const counted = at.windowMs === 0 ? null : addToFolding(store.folding(), entry, at);
    if (counted !== null) store.putFolding(counted);
    else if (at.windowMs === 0) store.commit({ entries: [entry] }, at.nowMs);
    else {
      store.commit({ entries: [] }, at.nowMs);
      store.putFolding(firstOf(entry, at));
    }
    rearm();
  }

  function linkCounted(): void {
    const folding = store.folding();
    if (folding !== null && folding.untilMs <= nowMs()) store.commit({ entries: [] }, nowMs());
  }

  function rearm(): void {
    const gate = load();
    const timerMs = gate === null ? null : nextTimerMs(gate);
    const soonest = [
      timerMs === null ? null : Math.max(timerMs, resolveNotBeforeMs),
      outbox.nextTryMs(),
      gate === null ? null : digestDueMs(gate),
      store.folding()?.untilMs ?? null,
    ].filter((dueMs) => dueMs !== null);
    if (soonest.length === 0) return;
    const dueMs = clock.toPlatformMs(Math.min(...soonest));
    const isAhead = alarmAtMs !== null && clock.toPlatformMs(nowMs()) < alarmAtMs;
    // One that is set costs a row. While something is on its way one that rings too early does.
    if (isAhead && (alarmAtMs === dueMs || (alarmAtMs! < dueMs && outbox.nextTryMs() !== null))) return;
    alarmAtMs = dueMs;
    ctx.storage.setAlarm(dueMs).catch(() => ctx.abort("alarm_not_set"));
  }

  return {
    store,
    outbox,
    nowMs,
    apply,
    note,
    answer: (draft, respond) => write([draft], respond),
    catchUp,
    targetsOf,
    tick,
    rearm,
    knowAlarm: (platformMs) => {
      alarmAtMs = platformMs;
    },
    onAlarm: async () => {
      alarmAtMs = null;
      linkCounted();
      tellTimeline();
      await tick();
    },
    opened: () => {
      const gate = load();
      if (gate === null) throw new Error("Cannot go on as the ask must be there: current value is none");
      return gate;
    },
    place: () => {
      const gate = load();
      return gate === null
        ? null
        : { owner: gate.ask.owner, project: gate.ask.project, taskId: taskOf(gate.ask) };
    },
  };
}

/** What of a change goes to others. */
function outgoing({ gate, events, records, resolution, successor: ask }: GateChange): readonly OutboxEvent[] {
  const { owner, project } = gate.ask;
  return [
    ...events.map((event) => ({ destination: "people", owner, project, event }) as const),
    ...records.map((record) => ({ destination: "history", record, of: { owner, project } }) as const),
    ...(ask === null ? [] : [{ destination: "successor", askId: ask.askId, ask } as const]),
    ...(resolution === null ? [] : [{ destination: "queue", owner, project, resolution } as const]),
  ];
}
