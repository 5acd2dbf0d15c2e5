/** What a `HumanGate` keeps in memory of its tables: all but the chain, of which it is the head. */
import { GENESIS_HASH } from "../../../protocol/autonomy/audit_chain.ts";
import type { AuditEntry } from "../../domain/gate/audit_entry.ts";
import type { Folding } from "../../domain/gate/audit_fold.ts";
import type { GateRecord, Grant, Receipt } from "../../domain/gate/gate_state.ts";
import { objectRows } from "../object_rows.ts";
import { gate, type WaitingEvent } from "./schema.ts";

/** A part of a step's row. */
interface Kept<T> {
  readonly step: number;
  readonly value: T;
}

export interface GateMemory {
  /** There are tables. */
  readonly isStored: boolean;
  readonly record: GateRecord;
  readonly lastStep: number;
  readonly head: { readonly links: number; readonly hash: string };
  readonly told: { readonly links: number; readonly nextAt: string | null };
  readonly grants: readonly Kept<Grant>[];
  readonly receipts: readonly Kept<Receipt>[];
  readonly noted: ReadonlySet<string>;
  /** In the order of their numbers. */
  readonly waiting: readonly (WaitingEvent & { readonly step: number; readonly createdAtMs: number })[];
  /** Looks and refused attempts that are counted and have no link yet. */
  readonly folding: Folding | null;
  /** Steps of which something is delivered, and their rows do not say so yet. */
  readonly unsettled: ReadonlySet<number>;
}

type Part = {
  step: number;
  at_ms: number;
  links: number;
  events: string | null;
  grant: string | null;
  receipt: string | null;
  noted_key: string | null;
  told_links: number | null;
};

const NEVER_ASKED: GateMemory = {
  isStored: false,
  record: { kind: "absent" },
  lastStep: 0,
  head: { links: 0, hash: GENESIS_HASH },
  told: { links: 0, nextAt: null },
  grants: [],
  receipts: [],
  noted: new Set(),
  waiting: [],
  folding: null,
  unsettled: new Set(),
};

/** In the key-value part, as it is written over again and again, and most asks never have it. */
export const FOLDING_KEY = "folding";

/** Reads the tables, if there are any. */
export function readMemory({ sql, kv }: DurableObjectStorage): GateMemory {
  if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'steps'").toArray().length === 0) return NEVER_ASKED;
  const record = objectRows(sql, gate).first("")?.body ?? { kind: "absent" };
  const parts = sql.exec<Part>(
    'SELECT step, at_ms, links, events, "grant", receipt, noted_key, told_links FROM steps ORDER BY step',
  ).toArray();
  const kept = <T>(name: "grant" | "receipt"): readonly Kept<T>[] =>
    parts.flatMap(({ step, [name]: text }) => text === null ? [] : [{ step, value: JSON.parse(text) as T }]);
  const { step: lastStep, links } = parts.at(-1) ?? { step: 0, links: 0 };
  const toldLinks = parts.findLast((part) => part.told_links !== null)?.told_links ?? 0;
  const waiting = parts.flatMap(({ step, at_ms: createdAtMs, events }) =>
    events === null
      ? []
      : (JSON.parse(events) as WaitingEvent[]).map((one) => ({ ...one, step, createdAtMs }))
  );
  return {
    isStored: true,
    record,
    lastStep,
    head: { links, hash: entriesOf(sql, "ORDER BY step DESC").at(-1)?.hash ?? GENESIS_HASH },
    told: {
      links: toldLinks,
      nextAt: links > toldLinks
        ? entriesOf(sql, "AND links > ? ORDER BY step", toldLinks)[0]?.at ?? null
        : null,
    },
    grants: kept("grant"),
    receipts: kept("receipt"),
    noted: new Set(parts.flatMap(({ noted_key }) => noted_key ?? [])),
    waiting,
    folding: kv.get<Folding>(FOLDING_KEY) ?? null,
    unsettled: new Set(),
  };
}

/** The links of the first step that is found. */
function entriesOf(sql: SqlStorage, clause: string, ...values: number[]): readonly AuditEntry[] {
  const query = `SELECT entries FROM steps WHERE entries IS NOT NULL ${clause} LIMIT 1`;
  const [found] = sql.exec<{ entries: string }>(query, ...values).toArray();
  return found === undefined ? [] : JSON.parse(found.entries);
}
