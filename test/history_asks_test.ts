/** What `HumanGate` objects tell the history of their asks, beside what the project's queue tells, in a real sqld. */
import assert from "node:assert/strict";
import type { HistoryRecord, OutboxRow } from "../worker/domain/event.ts";
import { createHistoryReader } from "../worker/store/history/read.ts";
import { createHistoryWriter } from "../worker/store/history/write.ts";
import { audit, count, gate, row, value, withHistory } from "./fake/history.ts";

const SITE = { owner: "acme", project: "site" };

/** A record as the outbox of an ask hands it over. */
const told = (askId: string, sequence: number, record: HistoryRecord, of = SITE): OutboxRow => ({
  sequence,
  eventId: `gate:${askId}:${sequence}`,
  event: { destination: "history", record, of },
  createdAtMs: 1,
});
const ask = (askId: string, state: string) => gate(askId, { origin: "api", taskId: null, state });

Deno.test("events of asks and of the queue have sequences of their own, and each has its effect once", () =>
  withHistory(async ({ url }) => {
    const writer = createHistoryWriter({ url });
    const rows = [
      row(1, audit("t1", "task_submitted")),
      told("a1", 1, audit("t1", "ask_asked")),
      told("a2", 1, audit("t1", "ask_asked")),
      told("a1", 1, audit("t1", "ask_asked"), { ...SITE, project: "shop" }),
    ];
    await writer.apply(rows);
    await writer.apply(rows.toReversed());
    assert.equal(await count(url, "audit"), 4);
    const entries = value(await createHistoryReader({ url }).pageAudit(SITE)).rows;
    assert.deepEqual(entries.map(({ action }) => action), ["ask_asked", "ask_asked", "task_submitted"]);
    assert.equal(new Set(entries.map(({ sequence }) => sequence)).size, 3, "one order for all of them");
  }));

Deno.test("an older snapshot of an ask changes nothing, whatever the queue has told meanwhile", () =>
  withHistory(async ({ url }) => {
    const writer = createHistoryWriter({ url });
    await writer.apply([row(900, gate("k1")), told("a1", 5, ask("a1", "resolved"))]);
    await writer.apply([told("a1", 2, ask("a1", "open")), row(901, gate("k2", { state: "open" }))]);
    const open = value(await createHistoryReader({ url }).listOpenGates(SITE));
    assert.deepEqual(open.map(({ askId, origin }) => [askId, origin]), [["k2", "line_gate"]]);
    await writer.apply([told("a3", 1, ask("a3", "open"))]);
    const reader = createHistoryReader({ url });
    assert.equal(value(await reader.listOpenGates(SITE)).length, 2);
    assert.deepEqual(
      value(await reader.listOpenGates(SITE, { isOfTask: true })).map(({ askId }) => askId),
      ["k2"],
    );
  }));

Deno.test("the audit goes by time, whoever told of it first, page by page", () =>
  withHistory(async ({ url }) => {
    const at = (action: string, atMs: number) => ({ ...audit("t1", action), atMs } as HistoryRecord);
    await createHistoryWriter({ url }).apply([
      row(1, at("first", 1)),
      row(2, at("fourth", 4)),
      told("a1", 1, at("second", 2)),
      told("a2", 1, at("third", 2)),
    ]);
    const reader = createHistoryReader({ url });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { rows: readonly { action: string }[]; nextCursor: string | null } = value(
        await reader.pageAudit({ ...SITE, limit: 1, ...(cursor === null ? {} : { cursor }) }),
      );
      seen.push(...page.rows.map(({ action }) => action));
      cursor = page.nextCursor;
    } while (cursor !== null);
    assert.deepEqual(seen, ["fourth", "third", "second", "first"]);
    const ofTask = value(await reader.listAudit({ ...SITE, taskId: "t1" })).map(({ action }) => action);
    assert.deepEqual(ofTask, ["first", "second", "third", "fourth"]);
  }));

Deno.test("an event whose id is not that of its teller is a bug", async () => {
  const writer = createHistoryWriter({ url: "http://127.0.0.1:9" });
  const wrong = { ...told("a1", 1, ask("a1", "open")), eventId: "acme/site:1" };
  await assert.rejects(writer.apply([wrong]), /its id must be 'gate:ask:sequence'/);
});
