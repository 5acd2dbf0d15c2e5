/**
 * What one decision changes: the next record, the audit entries, the events for `People`, the records for the history, the
 * resolution for the queue, and what becomes of grants. Applied in one transaction (19.4), or not at all.
 *
 * Pure; a draft lives as long as one decision.
 */
import type { GateResolution, HistoryRecord } from "../event.ts";
import type { GateEvent, GateEventType } from "../people_api.ts";
import type { Ask } from "./ask.ts";
import type { AuditContent } from "./audit_entry.ts";
import type { Actor } from "./actor.ts";
import { itemOf } from "./gate_item.ts";
import { gateRecords } from "./gate_records.ts";
import type { Grant, OpenedGate, Receipt } from "./gate_state.ts";

export type Told = GateEvent["notify"][number];
export type EventContent = Omit<GateEvent, "eventId">;

export interface GateChange {
  readonly gate: OpenedGate;
  readonly entries: readonly AuditContent[];
  readonly events: readonly EventContent[];
  readonly records: readonly HistoryRecord[];
  readonly resolution: GateResolution | null;
  /** The ask that takes this one's place. */
  readonly successor: Ask | null;
  readonly newGrant: Grant | null;
  readonly usedGrantId: string | null;
  readonly revokedGrantIds: readonly string[];
  readonly receipt: Receipt | null;
}

/** Who is behind a transition, for the audit: an actor, or the clock. */
export type By = Actor | "system";

export class GateDraft {
  gate: OpenedGate;
  readonly nowMs: number;
  resolution: GateResolution | null = null;
  successor: Ask | null = null;
  newGrant: Grant | null = null;
  usedGrantId: string | null = null;
  revokedGrantIds: readonly string[] = [];
  receipt: Receipt | null = null;
  readonly #before: OpenedGate;
  readonly #entries: AuditContent[] = [];
  readonly #events: EventContent[] = [];

  constructor(gate: OpenedGate, nowMs: number) {
    this.gate = gate;
    this.#before = gate;
    this.nowMs = nowMs;
  }

  /** Changes what is no transition: timers, and what goes with one. */
  set(patch: Partial<OpenedGate>): void {
    this.gate = { ...this.gate, ...patch };
  }

  /** One accepted transition: `seq` grows by one, it is on record, and `People` are told. */
  step(
    type: GateEventType,
    by: By,
    patch: Partial<OpenedGate>,
    more: {
      readonly notify?: readonly Told[];
      readonly detail?: AuditContent["detail"];
      readonly digest?: string;
    } = {},
  ): void {
    this.gate = { ...this.gate, ...patch, seq: this.gate.seq + 1 };
    this.tell(type, by, more);
  }

  /** The same without a transition: something to know, such as a notification. */
  tell(
    type: GateEventType,
    by: By,
    { notify = [], detail, digest }: {
      readonly notify?: readonly Told[];
      readonly detail?: AuditContent["detail"];
      readonly digest?: string;
    } = {},
  ): void {
    const whom = notify.length === 0 ? {} : { notify: notify.map((one) => ({ ...one })) };
    const said = { ...detail, ...whom };
    this.note(`gate.${type}`, by, {
      ...(Object.keys(said).length === 0 ? {} : { detail: said }),
      ...(digest === undefined ? {} : { body_digest: digest }),
    });
    const { seq, ask } = this.gate;
    this.#events.push({
      type,
      atMs: this.nowMs,
      seq,
      askId: ask.askId,
      item: itemOf(this.gate),
      notify: [...notify],
    });
  }

  /** An audit entry alone. */
  note(type: string, by: By, more: Partial<AuditContent> = {}): void {
    this.#entries.push({ ...auditOf(this.gate, type, by, this.nowMs), ...more });
  }

  end(): GateChange {
    // Snapshots of one decision all show its end: the newest wins, and they are delivered together.
    const item = itemOf(this.gate);
    return {
      gate: this.gate,
      entries: this.#entries,
      events: this.#events.map((event) => ({ ...event, item: { ...item, seq: event.seq } })),
      records: gateRecords(this.#before, this.gate, this.#entries, this.nowMs),
      resolution: this.resolution,
      successor: this.successor,
      newGrant: this.newGrant,
      usedGrantId: this.usedGrantId,
      revokedGrantIds: this.revokedGrantIds,
      receipt: this.receipt,
    };
  }
}

/** What every entry of an ask says. */
export function auditOf(gate: OpenedGate, type: string, by: By, nowMs: number): AuditContent {
  const head = {
    seq: gate.seq,
    type,
    at: new Date(nowMs).toISOString(),
    gate: gate.ask.askId,
    level: gate.level,
    loop: gate.loop,
  };
  if (by === "system") return { ...head, by };
  const { ask } = gate;
  const role = ask.policy.requiredRole;
  const roleNow = by.person !== null && role !== null && by.person.roles.includes(role) ? { role } : {};
  return {
    ...head,
    by: by.principal,
    ...roleNow,
    ...(by.kind === "program" ? {} : { realization: by.person?.isSimulator === true ? "sim" : "person" }),
    via: by.via,
    channel: by.channel,
    ...(by.grant === null ? {} : { grant: by.grant.grantId }),
  };
}
