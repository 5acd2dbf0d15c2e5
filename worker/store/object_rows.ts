/**
 * The rows of one table of an object, by plain SQL. What drizzle knows of the table (names, which columns are JSON) is made
 * into text once per isolate: to build a query with drizzle takes 0.1 ms and more, several times what SQLite takes for it,
 * and an object that is asked once writes a dozen rows.
 *
 * Rows are the table's `$inferSelect`; conditions are SQL with the columns' names in the database and `?` for each value.
 */
import { type Column, getTableColumns, getTableName, type InferSelectModel } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

export type RowValue = string | number | null;

export interface ObjectRows<Row> {
  /** The rows that a clause such as `WHERE id = ?` finds. */
  all(clause: string, ...values: RowValue[]): Row[];
  first(clause: string, ...values: RowValue[]): Row | null;
  add(row: Row): void;
  /** Adds a row, or replaces that of the same primary key. */
  put(row: Row): void;
  /** Changes what the condition finds; absent fields stay. */
  change(fields: Partial<Row>, where: string, ...values: RowValue[]): void;
}

interface Shape {
  readonly columns: readonly (readonly [field: string, column: Column, isJson: boolean])[];
  readonly select: string;
  readonly insert: string;
  readonly upsert: string;
  readonly update: string;
}

const shapes = new WeakMap<SQLiteTable, Shape>();

/** The rows of a table in an object's SQLite. */
export function objectRows<Table extends SQLiteTable>(
  sql: SqlStorage,
  table: Table,
): ObjectRows<InferSelectModel<Table>> {
  type Row = InferSelectModel<Table>;
  const shape = shapeOf(table);
  const toDatabase = (row: Row) =>
    shape.columns.map(([field, , isJson]) => written((row as Record<string, unknown>)[field], isJson));
  const fromDatabase = (values: readonly unknown[]) => {
    const row: Record<string, unknown> = {};
    for (const [n, [field, , isJson]] of shape.columns.entries()) {
      const value = values[n];
      row[field] = isJson && value !== null ? JSON.parse(value as string) : value;
    }
    return row as Row;
  };
  const all = (clause: string, ...values: RowValue[]) => {
    const rows: Row[] = [];
    for (const found of sql.exec(`${shape.select} ${clause}`, ...values).raw()) {
      rows.push(fromDatabase(found));
    }
    return rows;
  };
  return {
    all,
    first: (clause, ...values) => all(`${clause} LIMIT 1`, ...values)[0] ?? null,
    add: (row) => void sql.exec(shape.insert, ...toDatabase(row)),
    put: (row) => void sql.exec(shape.upsert, ...toDatabase(row)),
    change: (fields, where, ...values) => {
      const changed = shape.columns.filter(([field]) =>
        (fields as Record<string, unknown>)[field] !== undefined
      );
      if (changed.length === 0) return;
      const sets = changed.map(([, { name }]) => `"${name}" = ?`).join(", ");
      const set = changed.map(([field, , isJson]) =>
        written((fields as Record<string, unknown>)[field], isJson)
      );
      sql.exec(`${shape.update} ${sets} WHERE ${where}`, ...set, ...values);
    },
  };
}

function shapeOf(table: SQLiteTable): Shape {
  const known = shapes.get(table);
  if (known !== undefined) return known;
  const name = `"${getTableName(table)}"`;
  const columns = Object.entries(getTableColumns(table)).map(([field, column]) =>
    [field, column as Column, column.dataType === "json"] as const
  );
  const names = columns.map(([, column]) => `"${column.name}"`);
  const keys = columns.filter(([, column]) => column.primary).map(([, column]) => `"${column.name}"`);
  const rest = names.filter((one) => !keys.includes(one));
  const insert = `INSERT INTO ${name} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`;
  const sets = rest.map((one) => `${one} = excluded.${one}`).join(", ");
  const shape: Shape = {
    columns,
    select: `SELECT ${names.join(", ")} FROM ${name}`,
    insert,
    upsert: `${insert} ON CONFLICT (${keys.join(", ")}) DO ${sets === "" ? "NOTHING" : `UPDATE SET ${sets}`}`,
    update: `UPDATE ${name} SET`,
  };
  shapes.set(table, shape);
  return shape;
}

function written(value: unknown, isJson: boolean): RowValue {
  if (value === null || value === undefined) return null;
  return isJson ? JSON.stringify(value) : value as RowValue;
}
