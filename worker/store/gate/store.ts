/**
 * The store of one `HumanGate`: its record, and one row for each decision with the links of the audit chain, the events that
 * wait, the link that was handed out and the answer that was taken. Sole writer of every table in `schema.ts`. One decision is
 * one transaction (O2), the links of its chain made in it.
 *
 * All but the chain is in memory, read at the first question after a wake-up; it follows each write that has succeeded.
 */
import { linkEntry } from "../../../protocol/autonomy/audit_chain.ts";
import type { OutboxEvent } from "../../domain/event.ts";
import type { AuditContent, AuditEntry } from "../../domain/gate/audit_entry.ts";
import type { Folding } from "../../domain/gate/audit_fold.ts";
import type { GateRecord, Grant, Receipt } from "../../domain/gate/gate_state.ts";
import { objectRows } from "../object_rows.ts";
import type { OutboxStore } from "../outbox_store.ts";
import { FOLDING_KEY, type GateMemory, readMemory } from "./memory.ts";
import * as schema from "./schema.ts";

/** What one decision writes; absent parts stay as they are. */
export interface GateWrite {
  readonly record?: GateRecord;
  readonly entries?: readonly AuditContent[];
  readonly newGrant?: Grant | null;
  readonly usedGrantId?: string | null;
  readonly revokedGrantIds?: readonly string[];
  /** One with the id of another replaces it. */
  readonly receipt?: Receipt | null;
  /** What is said to the answer, kept with its receipt; `head` is that of the chain with this write. */
  readonly respond?: (head: ChainHead) => unknown;
  readonly events?: readonly OutboxEvent[];
  /** Marks a delivery as noted. */
  readonly notedKey?: string;
  /** The timeline gets the head of the chain as it is before this write. */
  readonly toldLinks?: number;
  /** Makes all links those of one holder, so that the newest alone counts. For asks of the former shape. */
  readonly allGrantsHolder?: string;
}

export interface ChainHead {
  readonly links: number;
  readonly hash: string;
}

/** What the gate object needs from its storage. All calls are synchronous: nothing may happen in between (O1). */
export interface GateStore extends OutboxStore {
  load(): GateRecord;
  grants(): readonly Grant[];
  receipts(): readonly Receipt[];
  audit(): readonly AuditEntry[];
  head(): ChainHead;
  /** How much of the chain the timeline knows, and when the first link that it does not know was made. */
  told(): { readonly links: number; readonly nextAt: string | null };
  isNoted(key: string): boolean;
  /** What is counted and has no link yet. */
  folding(): Folding | null;
  putFolding(folding: Folding): void;
  /** Writes one decision in one transaction (O2), behind the links of what was counted. Throws if it cannot. */
  commit(write: GateWrite, nowMs: number): void;
  /**
   * Writes what is delivered. Of a decision with events for several it is written when the last is delivered, here, or with
   * the next decision: an object that ends before sends some again, which is known by their ids.
   */
  settle(): void;
}

/**
 * Events are numbered by their step, so that no number comes twice. Those of a version before had numbers of their own, all
 * below the first of these.
 */
const EVENTS_OF_STEP_MAX = 10_000;

const NO_STEPS: ReadonlySet<number> = new Set();

export interface GateStoreParts {
  /** Called within the first write's transaction, where there are none. */
  readonly makeTables: (sql: SqlStorage) => void;
  /** Makes event ids unique among objects. */
  readonly eventPrefix: () => string;
  /** The links of what was counted. */
  readonly linksOf: (folding: Folding) => readonly AuditContent[];
}

/** Makes the store of one gate. */
export function createGateStore(
  storage: DurableObjectStorage,
  { makeTables, eventPrefix, linksOf }: GateStoreParts,
): GateStore {
  const { sql } = storage;
  const gateRows = objectRows(sql, schema.gate);
  const stepRows = objectRows(sql, schema.steps);
  let memory: GateMemory | null = null;
  const now = () => memory ??= readMemory(storage);

  function commit(write: GateWrite, nowMs: number): void {
    const before = now();
    const step = before.lastStep + 1;
    // What was counted before a change comes before it.
    const isChange = write.entries !== undefined || write.record !== undefined;
    const counted = isChange && before.folding !== null ? linksOf(before.folding) : [];
    const entries = linked(before.head.hash, [...counted, ...write.entries ?? []]);
    const links = before.head.links + entries.length;
    if ((write.events?.length ?? 0) >= EVENTS_OF_STEP_MAX) {
      throw new RangeError("Cannot write a decision as it must have less events");
    }
    const events = (write.events ?? []).map((event, n) => ({
      sequence: step * EVENTS_OF_STEP_MAX + n,
      // Undefined members are dropped as storing them does.
      event: plain(event),
    }));
    const grants = before.grants.map((kept) => ({ ...kept, value: changedGrant(kept.value, write, nowMs) }));
    const head = { links, hash: entries.at(-1)?.hash ?? before.head.hash };
    const receipt = write.receipt ? plain(withResponse(write.receipt, write.respond?.(head))) : null;
    const replaced = before.receipts.find(({ value }) => value.receiptId === receipt?.receiptId) ?? null;
    const row = {
      ...{ step, links, atMs: nowMs },
      entries: entries.length === 0 ? null : entries,
      events: events.length === 0 ? null : events,
      grant: write.newGrant ? plain(write.newGrant) : null,
      receipt: replaced === null ? receipt : null,
      notedKey: write.notedKey ?? null,
      toldLinks: write.toldLinks ?? null,
    };
    const { entries: some, events: waiting, grant, notedKey, toldLinks } = row;
    const isStep = [some, waiting, grant, row.receipt, notedKey, toldLinks].some((part) => part !== null);
    const record = write.record === undefined ? null : plain(write.record);
    storage.transactionSync(() => {
      if (!before.isStored) makeTables(sql);
      writeSettled(before);
      if (counted.length > 0) storage.kv.delete(FOLDING_KEY);
      if (record !== null) gateRows.put({ id: 1, body: record });
      for (const [n, kept] of grants.entries()) {
        if (kept.value !== before.grants[n]!.value) {
          stepRows.change({ grant: kept.value }, "step = ?", kept.step);
        }
      }
      if (replaced !== null) stepRows.change({ receipt }, "step = ?", replaced.step);
      if (isStep) stepRows.add(row);
    });
    const told = toldLinks === null ? before.told : { links: toldLinks, nextAt: null };
    memory = {
      isStored: true,
      record: record ?? before.record,
      lastStep: isStep ? step : before.lastStep,
      head,
      told: { ...told, nextAt: told.nextAt ?? entries[0]?.at ?? null },
      grants: grant === null ? grants : [...grants, { step, value: grant }],
      receipts: receipt === null
        ? before.receipts
        : replaced === null
        ? [...before.receipts, { step, value: receipt }]
        : before.receipts.map((kept) => kept === replaced ? { step: kept.step, value: receipt } : kept),
      noted: notedKey === null ? before.noted : new Set([...before.noted, notedKey]),
      waiting: [...before.waiting, ...events.map((one) => ({ ...one, step, createdAtMs: nowMs }))],
      folding: counted.length > 0 ? null : before.folding,
      unsettled: NO_STEPS,
    };
  }

  function putFolding(folding: Folding): void {
    storage.kv.put(FOLDING_KEY, plain(folding));
    memory = { ...now(), folding: plain(folding) };
  }

  function writeSettled({ unsettled, waiting }: GateMemory): void {
    for (const step of unsettled) {
      const left = waiting.filter((one) => one.step === step)
        .map(({ sequence, event }) => ({ sequence, event }));
      stepRows.change({ events: left.length === 0 ? null : left }, "step = ?", step);
    }
  }

  function settle(isWanted: (step: number) => boolean = () => true): void {
    const before = now();
    const unsettled = new Set([...before.unsettled].filter(isWanted));
    if (unsettled.size === 0) return;
    storage.transactionSync(() => writeSettled({ ...before, unsettled }));
    memory = { ...before, unsettled: new Set([...before.unsettled].filter((step) => !unsettled.has(step))) };
  }

  function delivered(sequences: readonly number[]): void {
    const before = now();
    const gone = new Set(sequences);
    const waiting = before.waiting.filter(({ sequence }) => !gone.has(sequence));
    const touched = before.waiting.filter(({ sequence }) => gone.has(sequence)).map(({ step }) => step);
    memory = { ...before, waiting, unsettled: new Set([...before.unsettled, ...touched]) };
    settle((step) => !waiting.some((one) => one.step === step));
  }

  return {
    load: () => now().record,
    grants: () => now().grants.map(({ value }) => value),
    receipts: () => now().receipts.map(({ value }) => value),
    audit: () =>
      now().head.links === 0
        ? []
        : sql.exec<{ entries: string }>("SELECT entries FROM steps WHERE entries IS NOT NULL ORDER BY step")
          .toArray()
          .flatMap(({ entries }) => JSON.parse(entries) as AuditEntry[]),
    head: () => now().head,
    told: () => now().told,
    isNoted: (key) => now().noted.has(key),
    folding: () => now().folding,
    putFolding,
    commit,
    pending: (name, limit) =>
      now().waiting.filter(({ event }) => event.destination === name).slice(0, limit)
        .map(({ sequence, event, createdAtMs }) => ({
          ...{ sequence, event, createdAtMs },
          eventId: `${eventPrefix()}:${sequence}`,
        })),
    destinations: () => [...new Set(now().waiting.map(({ event }) => event.destination))],
    delivered,
    settle: () => settle(),
  };
}

function linked(head: string, contents: readonly AuditContent[]): readonly AuditEntry[] {
  let prev = head;
  return contents.map((content) => {
    const entry = linkEntry(prev, plain(content));
    prev = entry.hash;
    return entry;
  });
}

function withResponse(receipt: Receipt, response: unknown): Receipt {
  return response === undefined ? receipt : { ...receipt, response };
}

/** The very same one where nothing changes. */
function changedGrant(grant: Grant, write: GateWrite, nowMs: number): Grant {
  const { usedGrantId, revokedGrantIds = [], allGrantsHolder: holder } = write;
  const isUsed = usedGrantId === grant.grantId;
  const isRevoked = revokedGrantIds.includes(grant.grantId);
  if (!isUsed && !isRevoked && holder === undefined) return grant;
  return {
    ...grant,
    ...(isUsed ? { usedAtMs: nowMs } : {}),
    ...(isRevoked ? { revokedAtMs: nowMs } : {}),
    ...(holder === undefined ? {} : { holder }),
  };
}

/** As it would be read again. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
