/** One page of the worklist (Autonomy 19.3). */
import { PAGE_DEFAULT, PAGE_MAX } from "../../protocol/limits.ts";
import { err, ok, type Result } from "../../protocol/result.ts";
import { cursorText, keyOf, listed, readCursor, type WorklistKey } from "../domain/people/worklist.ts";
import type { PeopleError, WorklistEntry, WorklistInput } from "../domain/people_api.ts";
import { WORKLIST_ENDED_KEPT_MS, WORKLIST_SCAN_ROWS } from "../limits.ts";
import type { PeopleContext } from "./people_context.ts";

/** Rows that are read at once. */
const STEP_ROWS = 200;
const ENDED: readonly string[] = ["verified", "cancelled", "superseded", "expired"];

/** A page. It may be short of its limit and still go on: a bounded number of rows is looked at. */
export function listWorklist(
  { store, clock }: PeopleContext,
  input: WorklistInput,
): Result<{ readonly items: readonly WorklistEntry[]; readonly nextCursor: string | null }, PeopleError> {
  const nowMs = clock.nowMs();
  const limit = Math.min(input.limit ?? PAGE_DEFAULT, PAGE_MAX);
  let after: WorklistKey | null = null;
  if (input.cursor !== undefined) {
    after = readCursor(input.cursor);
    if (after === null) return err({ reason: "cursor_unreadable" });
  }
  const isOver = input.state !== undefined && ENDED.includes(input.state);
  const endedSinceMs = isOver ? nowMs - WORKLIST_ENDED_KEPT_MS : null;
  const items: WorklistEntry[] = [];
  for (let seen = 0; seen < WORKLIST_SCAN_ROWS;) {
    const rows = store.worklist.page({ endedSinceMs, after, limit: STEP_ROWS });
    for (const item of rows) {
      if (items.length === limit) return ok({ items, nextCursor: cursorText(after!) });
      after = keyOf(item);
      const reasons = listed(item, input, nowMs);
      if (reasons !== null) items.push({ ...item, reasons });
    }
    seen += rows.length;
    if (rows.length < STEP_ROWS) return ok({ items, nextCursor: null });
  }
  return ok({ items, nextCursor: after === null ? null : cursorText(after) });
}
