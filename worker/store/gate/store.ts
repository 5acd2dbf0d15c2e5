/**
 * The store of one `HumanGate`: its row, its links, the answers taken, the audit chain and the outbox. Sole writer of every
 * table in `schema.ts`. One decision is one transaction (O2), the links of its chain made in it.
 */
import { asc, desc, eq, inArray, sql } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import { GENESIS_HASH, linkEntry } from "../../../protocol/autonomy/audit_chain.ts";
import type { OutboxEvent, OutboxRow } from "../../domain/event.ts";
import type { AuditContent, AuditEntry } from "../../domain/gate/audit_entry.ts";
import type { GateRecord, Grant, Receipt } from "../../domain/gate/gate_state.ts";
import type { OutboxStore } from "../outbox_store.ts";
import * as schema from "./schema.ts";

/** What one decision writes; absent parts stay as they are. */
export interface GateWrite {
  readonly record?: GateRecord;
  readonly entries?: readonly AuditContent[];
  readonly newGrant?: Grant | null;
  readonly usedGrantId?: string | null;
  readonly revokedGrantIds?: readonly string[];
  readonly receipt?: Receipt | null;
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
  /** Writes one decision in one transaction (O2). Throws if it cannot. */
  commit(write: GateWrite, nowMs: number): void;
}

/** Makes the store of one gate. `eventPrefix` makes event ids unique among objects. */
export function createGateStore(db: DrizzleSqliteDODatabase, eventPrefix: string): GateStore {
  const destination = sql<OutboxEvent["destination"]>`json_extract(${schema.outbox.body}, '$.destination')`;
  const lastLink = () => db.select().from(schema.audit).orderBy(desc(schema.audit.link)).limit(1).get();
  const head = (): ChainHead => {
    const last = lastLink();
    return last === undefined ? { links: 0, hash: GENESIS_HASH } : { links: last.link, hash: last.body.hash };
  };

  function append(entries: readonly AuditContent[]): void {
    let prev = head().hash;
    for (const content of entries) {
      // Undefined members are dropped as storing them does.
      const entry = linkEntry(prev, JSON.parse(JSON.stringify(content)) as AuditContent);
      db.insert(schema.audit).values({ body: entry }).run();
      prev = entry.hash;
    }
  }

  return {
    load: () => db.select().from(schema.gate).get()?.body ?? { kind: "absent" },
    grants: () => db.select().from(schema.grants).all(),
    receipts: () => db.select().from(schema.receipts).all().map((row) => row.body),
    audit: () => db.select().from(schema.audit).orderBy(asc(schema.audit.link)).all().map((row) => row.body),
    head,
    told: () => {
      const links = db.select().from(schema.told).get()?.links ?? 0;
      const next = db.select().from(schema.audit).where(sql`${schema.audit.link} > ${links}`)
        .orderBy(asc(schema.audit.link)).limit(1).get();
      return { links, nextAt: next?.body.at ?? null };
    },
    isNoted: (key) => db.select().from(schema.noted).where(eq(schema.noted.key, key)).get() !== undefined,
    commit: (write, nowMs) =>
      db.transaction((tx) => {
        if (write.record !== undefined) {
          const { record } = write;
          tx.insert(schema.gate).values({ id: 1, body: record })
            .onConflictDoUpdate({ target: schema.gate.id, set: { body: record } }).run();
        }
        if (write.allGrantsHolder !== undefined) {
          tx.update(schema.grants).set({ holder: write.allGrantsHolder }).run();
        }
        if (write.newGrant) tx.insert(schema.grants).values(write.newGrant).run();
        if (write.usedGrantId) {
          tx.update(schema.grants).set({ usedAtMs: nowMs })
            .where(eq(schema.grants.grantId, write.usedGrantId)).run();
        }
        if (write.revokedGrantIds !== undefined && write.revokedGrantIds.length > 0) {
          tx.update(schema.grants).set({ revokedAtMs: nowMs })
            .where(inArray(schema.grants.grantId, [...write.revokedGrantIds])).run();
        }
        if (write.receipt) {
          const { receipt } = write;
          tx.insert(schema.receipts).values({ receiptId: receipt.receiptId, body: receipt })
            .onConflictDoUpdate({ target: schema.receipts.receiptId, set: { body: receipt } }).run();
        }
        if (write.notedKey !== undefined) tx.insert(schema.noted).values({ key: write.notedKey }).run();
        if (write.toldLinks !== undefined) {
          const row = { links: write.toldLinks, atMs: nowMs };
          tx.insert(schema.told).values({ id: 1, ...row })
            .onConflictDoUpdate({ target: schema.told.id, set: row }).run();
        }
        append(write.entries ?? []);
        for (const body of write.events ?? []) {
          tx.insert(schema.outbox).values({ body, createdAtMs: nowMs }).run();
        }
      }),
    pending: (name, limit) =>
      db.select().from(schema.outbox).where(eq(destination, name as OutboxEvent["destination"]))
        .orderBy(asc(schema.outbox.sequence)).limit(limit).all()
        .map((row): OutboxRow => ({
          sequence: row.sequence,
          eventId: `${eventPrefix}:${row.sequence}`,
          event: row.body,
          createdAtMs: row.createdAtMs,
        })),
    destinations: () =>
      db.selectDistinct({ name: destination }).from(schema.outbox).all().map((row) => row.name),
    delivered: (sequences) => {
      db.delete(schema.outbox).where(inArray(schema.outbox.sequence, [...sequences])).run();
    },
  };
}
