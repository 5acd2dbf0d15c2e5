/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import type { Change } from "./queue_state.ts";
import { WrittenRows } from "./written_rows.ts";

const task = (id: string, title: string) => ({ kind: "task", row: { id, title } }) as unknown as Change;
const job = (id: string) => ({ kind: "job", row: { id } }) as unknown as Change;

Deno.test("each row is there once, in its last form and at its last place, among few rows and among many", () => {
  for (const count of [1, 8, 17, 40]) {
    const rows = new WrittenRows();
    const ids = Array.from({ length: count }, (_, n) => `id${n}`);
    for (const id of ids) rows.put(task(id, "first"));
    for (const id of ids) rows.put(job(id));
    for (const id of ids.toReversed()) rows.put(task(id, "last"));
    assert.deepEqual(rows.get("task", "id0"), task("id0", "last"));
    assert.deepEqual(rows.get("job", "id0"), job("id0"));
    assert.equal(rows.get("run", "id0"), undefined);
    assert.equal(rows.get("task", "id99"), undefined);
    assert.deepEqual(rows.close(), [...ids.map(job), ...ids.toReversed().map((id) => task(id, "last"))]);
  }
});

Deno.test("a deletion takes the place of its row, and a row that of its deletion", () => {
  const rows = new WrittenRows();
  const token = { kind: "token", row: { hash: "h" } } as unknown as Change;
  const gone = { kind: "delete_token", hash: "h" } as const;
  rows.put(token);
  rows.put(gone);
  assert.deepEqual(rows.get("token", "h"), gone);
  rows.put(token);
  assert.deepEqual(rows.close(), [token]);
});
