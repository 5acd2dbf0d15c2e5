/** The store of one `HumanGate`: its row, its grants and its outbox. Sole writer of every table in `schema.ts`. */
import { asc, eq, inArray } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import type { OutboxEvent, OutboxRow } from "../../domain/event.ts";
import type { GateRecord, Grant } from "../../domain/gate.ts";
import type { OutboxStore } from "../outbox_store.ts";
import * as schema from "./schema.ts";

/** What one decision writes; absent parts stay as they are. */
export interface GateChange {
  readonly record?: GateRecord;
  readonly newGrant?: Grant;
  readonly usedGrant?: { readonly grantId: string; readonly usedAtMs: number };
  readonly event?: OutboxEvent;
}

/** What the gate object needs from its storage. All calls are synchronous: nothing may happen in between (O1). */
export interface GateStore extends OutboxStore {
  load(): GateRecord;
  grants(): readonly Grant[];
  /** Writes one decision in one transaction (O2). Throws if it cannot. */
  commit(change: GateChange, nowMs: number): void;
}

/** Makes the store of one gate. `eventPrefix` makes event ids unique among objects. */
export function createGateStore(db: DrizzleSqliteDODatabase, eventPrefix: string): GateStore {
  return {
    load: () => db.select().from(schema.gate).get()?.body ?? { kind: "absent" },
    grants: () => db.select().from(schema.grants).all(),
    commit: ({ record, newGrant, usedGrant, event }, nowMs) =>
      db.transaction((tx) => {
        if (record !== undefined) {
          tx.insert(schema.gate).values({ id: 1, body: record })
            .onConflictDoUpdate({ target: schema.gate.id, set: { body: record } }).run();
        }
        if (newGrant !== undefined) tx.insert(schema.grants).values(newGrant).run();
        if (usedGrant !== undefined) {
          tx.update(schema.grants).set({ usedAtMs: usedGrant.usedAtMs })
            .where(eq(schema.grants.grantId, usedGrant.grantId)).run();
        }
        if (event !== undefined) tx.insert(schema.outbox).values({ body: event, createdAtMs: nowMs }).run();
      }),
    pending: (destination, limit) =>
      db.select().from(schema.outbox).orderBy(asc(schema.outbox.sequence)).limit(limit).all()
        .filter((row) => row.body.destination === destination)
        .map((row): OutboxRow => ({
          sequence: row.sequence,
          eventId: `${eventPrefix}:${row.sequence}`,
          event: row.body,
          createdAtMs: row.createdAtMs,
        })),
    destinations: () => {
      const first = db.select().from(schema.outbox).limit(1).get();
      return first === undefined ? [] : [first.body.destination];
    },
    delivered: (sequences) => {
      db.delete(schema.outbox).where(inArray(schema.outbox.sequence, [...sequences])).run();
    },
  };
}
