/**
 * Rows of the queue's state as compact JSON: for the log, the snapshot and the archive.
 *
 *   a whole row   [code, value of each column, {fields that are no columns}?]
 *   a changed row [CODE, id, [field, value, field, value, ...], [fields that are gone]?], the field as its column's
 *                 number or its name; `+` before it: the value is what was added at the end of a list. Never an object
 *                 with numbers as names: JSON.stringify begins anew, and slowly, when it meets one.
 *                 Rows from before have such an object, {field: value}, in place of the list.
 *   a deletion    ["-code", id]
 *
 * Invariants:
 *   1. decode(encode(change)) is the change, for any row with any fields, as long as they are JSON and named like
 *      identifiers.
 *   2. What changed is said against the row that `find` gives: of the same state it gives the same row, for ever.
 *   3. Columns are never added, removed or reordered: rows are out there. A field that rows gain later needs nothing
 *      here, as it is kept by its name; rows from before it get theirs from {@link DEFAULTS}.
 *
 * Pure.
 */
import type { Change, QueueState, RowChange, TaskNote } from "../../domain/queue_state.ts";
import { submittedNotes } from "../../domain/following_notes.ts";
import { isSameNote } from "../../domain/task_notes.ts";

type RowKind = RowChange["kind"];
type RowOf<K extends RowKind> = Extract<RowChange, { kind: K }>["row"];
type Fields = Readonly<Record<string, unknown>>;
export type Encoded = readonly unknown[];

interface Table<K extends RowKind> {
  readonly code: string;
  readonly columns: readonly (keyof RowOf<K> & string)[];
  readonly idOf: (row: RowOf<K>) => string;
  /** A list among the columns whose items have a shorter form. */
  readonly list?: {
    readonly column: keyof RowOf<K> & string;
    readonly pack: (item: never) => unknown;
    readonly unpack: (item: never) => unknown;
    readonly isSame: (a: never, b: never) => boolean;
  };
  /** The row with this id as it is in memory. */
  readonly find: (state: QueueState, id: string) => RowOf<K> | undefined;
}

type Key = never;
const TABLES: { readonly [K in RowKind]: Table<K> } = {
  settings: {
    code: "s",
    columns: ["owner", "project", "gitUrl", "gitBranch", "createdAtMs"],
    idOf: () => "",
    find: (state) => state.settings,
  },
  line: {
    code: "l",
    columns: ["id", "version", "definition", "createdAtMs", "isDeleted"],
    idOf: (row) => `${row.id}@${row.version}`,
    find: (state, id) => state.lines.get(id),
  },
  runner: {
    code: "w",
    columns: ["id", "name", "labels", "registeredAtMs", "lastSeenAtMs", "lastRunId"],
    idOf: (row) => row.id,
    find: (state, id) => state.runners.get(id as Key),
  },
  token: {
    code: "k",
    columns: ["hash", "kind", "name", "runnerId", "createdAtMs"],
    idOf: (row) => row.hash,
    find: (state, id) => state.tokens.get(id),
  },
  task: {
    code: "t",
    columns: [
      "id",
      "lineId",
      "lineVersion",
      "title",
      "description",
      "priority",
      "labels",
      "stationId",
      "attempts",
      "jobIds",
      "asks",
      "hasAgentRepository",
      "state",
      "createdAtMs",
      "updatedAtMs",
    ],
    idOf: (row) => row.id,
    find: (state, id) => state.tasks.get(id as Key),
  },
  job: {
    code: "j",
    columns: [
      "id",
      "taskId",
      "stationId",
      "attempt",
      "labels",
      "needs",
      "priority",
      "leaseEpoch",
      "lostRuns",
      "runIds",
      "queuedAtMs",
      "state",
    ],
    idOf: (row) => row.id,
    find: (state, id) => state.jobs.get(id as Key),
  },
  run: {
    code: "r",
    columns: [
      "id",
      "jobId",
      "taskId",
      "stationId",
      "runnerId",
      "runnerName",
      "leaseEpoch",
      "claimedAtMs",
      "startedAtMs",
      "state",
    ],
    idOf: (row) => row.id,
    find: (state, id) => state.runs.get(id as Key),
  },
  notes: {
    code: "n",
    columns: ["id", "hasLog", "entries"],
    list: { column: "entries", pack: packNote, unpack: unpackNote, isSame: isSameNote },
    idOf: (row) => row.id,
    find: (state, id) => state.notes.get(id as Key) ?? submittedNotesOf(state, id),
  },
  line_turn: {
    code: "o",
    columns: ["id", "turn"],
    idOf: (row) => row.id,
    find: (state, id) => {
      const turn = state.lineTurns.get(id as Key);
      return turn === undefined ? undefined : { id: id as Key, turn };
    },
  },
  remembered: {
    code: "m",
    columns: ["id", "fingerprint", "answer", "atMs"],
    idOf: (row) => row.id,
    find: (state, id) => state.remembered.get(id),
  },
};

/** What the notes of a task without a row of them are said against, whatever has happened to it: those of its submission. */
function submittedNotesOf(state: QueueState, id: string): RowOf<"notes"> | undefined {
  const task = state.tasks.get(id as Key);
  const first = task && state.jobs.get(task.jobIds[0]!);
  const entries = first === undefined ? [] : submittedNotes(task!, first);
  return task && { id: task.id, hasLog: false, entries };
}

function packNote(note: TaskNote): unknown {
  return [
    note.kind,
    note.atMs,
    note.stationId,
    note.jobId,
    note.runId,
    note.runnerName,
    note.detail,
    note.ends,
  ];
}

function unpackNote(packed: readonly never[]): TaskNote {
  const [kind, atMs, stationId, jobId, runId, runnerName, detail, ends] = packed;
  return { atMs, kind, stationId, jobId, runId, runnerName, detail, ends } as never;
}

/** What a row from before a field has in its place; the one place for it. */
const DEFAULTS: { readonly [K in RowKind]?: Partial<RowOf<K>> } = {};

const KIND_OF_CODE = new Map<string, RowKind>(
  Object.entries(TABLES).flatMap(([kind, { code }]) => [
    [code, kind as RowKind],
    [code.toUpperCase(), kind as RowKind],
  ]),
);

const DELETIONS: Readonly<Record<Exclude<Change["kind"], RowKind>, string>> = {
  delete_token: "-token",
  delete_runner: "-runner",
  forget: "-remembered",
};

/** Encodes a change of `before`: only what is new of a row that was there. */
export function encodeChange(before: QueueState, change: Change): Encoded {
  switch (change.kind) {
    case "delete_token":
      return [DELETIONS.delete_token, change.hash];
    case "delete_runner":
      return [DELETIONS.delete_runner, change.id];
    case "forget":
      return [DELETIONS.forget, change.id];
    default: {
      const table = TABLES[change.kind] as Table<RowKind>;
      const id = table.idOf(change.row);
      const known = table.find(before, id);
      return known === undefined ? encodeRow(change) : changedRow(table, id, known, change.row);
    }
  }
}

/** Encodes a whole row. */
export function encodeRow(change: RowChange): Encoded {
  const { code, columns, list } = TABLES[change.kind] as Table<RowKind>;
  const row = change.row as unknown as Fields;
  const encoded: unknown[] = [code];
  let known = 0;
  for (const column of columns) {
    const value = row[column];
    if (value !== undefined) known++;
    encoded.push(column === list?.column ? packAll(list.pack, value) : value);
  }
  const rest = fieldsBeside(columns, row, known);
  if (rest !== null) encoded.push(rest);
  return encoded;
}

/** Fields of a row that are no columns; null if there are none, as in most rows: they have as many as are `known`. */
function fieldsBeside(columns: readonly string[], row: Fields, known: number): Fields | null {
  let count = 0;
  for (const field in row) if (row[field] !== undefined) count++;
  if (count === known) return null;
  const rest = Object.entries(row).filter(([field, value]) =>
    value !== undefined && !columns.includes(field)
  );
  return Object.fromEntries(rest);
}

function changedRow(table: Table<RowKind>, id: string, known: object, row: object): Encoded {
  const before = known as Fields;
  const after = row as Fields;
  const columns = table.columns as readonly string[];
  const changed: unknown[] = [];
  let gone: string[] | null = null;
  for (const field in after) {
    const value = after[field];
    if (value === before[field] || value === undefined) continue;
    const column = columns.indexOf(field);
    const name = column < 0 ? field : column;
    const list = field === table.list?.column ? table.list : null;
    const added = addedTo(before[field], value, list?.isSame ?? null);
    const last = added ?? value;
    const packed = list === null ? last : packAll(list.pack, last);
    changed.push(added === null ? name : `+${name}`, packed);
  }
  for (const field in before) {
    if (before[field] !== undefined && after[field] === undefined) (gone ??= []).push(field);
  }
  const code = table.code.toUpperCase();
  return gone === null ? [code, id, changed] : [code, id, changed, gone];
}

function packAll(pack: (item: never) => unknown, items: unknown): unknown[] {
  return (items as never[]).map(pack);
}

/** What a list has more at its end than the one before it; null if that is not how they differ. */
function addedTo(
  before: unknown,
  after: unknown,
  isSame: ((a: never, b: never) => boolean) | null,
): unknown[] | null {
  if (!Array.isArray(before) || !Array.isArray(after)) return null;
  if (before.length === 0 || before.length >= after.length) return null;
  for (let i = 0; i < before.length; i++) {
    if (before[i] !== after[i] && !isSame?.(before[i] as never, after[i] as never)) return null;
  }
  return after.slice(before.length);
}

/** Decodes a change against the state that it was encoded against. Throws if that has no such row. */
export function decodeChange(state: QueueState, encoded: Encoded): Change {
  const code = encoded[0] as string;
  if (code.startsWith("-")) return deletionOf(code, encoded[1] as string);
  const kind = KIND_OF_CODE.get(code);
  if (kind === undefined) {
    throw new Error(`Cannot read row as its kind must be known: current value is '${code}'`);
  }
  const table = TABLES[kind] as Table<RowKind>;
  const row = code === table.code
    ? wholeRow(kind, table, encoded)
    : mergedRow(table, table.find(state, encoded[1] as string), encoded);
  return { kind, row } as unknown as Change;
}

/** Decodes a whole row of a kind. */
export function decodeRow<K extends RowKind>(kind: K, encoded: Encoded): RowOf<K> {
  return wholeRow(kind, TABLES[kind] as Table<RowKind>, encoded) as unknown as RowOf<K>;
}

function deletionOf(code: string, id: string): Change {
  switch (code) {
    case DELETIONS.delete_token:
      return { kind: "delete_token", hash: id };
    case DELETIONS.delete_runner:
      return { kind: "delete_runner", id: id as Key };
    case DELETIONS.forget:
      return { kind: "forget", id };
    default:
      throw new Error(`Cannot read deletion as its kind must be known: current value is '${code}'`);
  }
}

function wholeRow(kind: RowKind, { columns, list }: Table<RowKind>, encoded: Encoded): Fields {
  const row: Record<string, unknown> = { ...DEFAULTS[kind] };
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i]!;
    row[column] = column === list?.column ? packAll(list.unpack, encoded[i + 1]) : encoded[i + 1];
  }
  const rest = encoded[columns.length + 1];
  return rest === undefined ? row : Object.assign(row, rest);
}

function mergedRow(table: Table<RowKind>, known: object | undefined, encoded: Encoded): Fields {
  if (known === undefined) {
    throw new Error(`Cannot change row of kind '${table.code}' as its row must be in memory: it is not`);
  }
  const row: Record<string, unknown> = { ...known };
  for (const [name, value] of fieldsOf(encoded[2] as readonly unknown[] | Fields)) {
    const isAdded = name.startsWith("+");
    const key = isAdded ? name.slice(1) : name;
    const field = /^\d+$/.test(key) ? table.columns[Number(key)]! : key;
    const unpacked = field === table.list?.column ? packAll(table.list.unpack, value) : value;
    row[field] = isAdded ? [...(row[field] as unknown[]), ...(unpacked as unknown[])] : unpacked;
  }
  for (const field of (encoded[3] as string[] | undefined) ?? []) delete row[field];
  return row;
}

function* fieldsOf(changed: readonly unknown[] | Fields): Iterable<readonly [string, unknown]> {
  if (!Array.isArray(changed)) return yield* Object.entries(changed);
  for (let i = 0; i < changed.length; i += 2) yield [String(changed[i]), changed[i + 1]];
}

/** How many fields a whole row of this kind has that are columns: more, and it has others too. */
export function columnCount(kind: RowKind): number {
  return TABLES[kind].columns.length;
}
