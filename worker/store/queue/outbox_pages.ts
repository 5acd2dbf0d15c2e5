/** Events that wait for a receiver which is away, out of memory. Sole writer, with `store.ts`, of `outbox_page`. */
import type { OutboxRow } from "../../domain/event.ts";
import { QUEUE_ROW_MAX_CHARS } from "../../limits.ts";
import type { MemoryOutbox } from "./memory_outbox.ts";
import type { OutboxPage } from "./outbox_lane.ts";
import type { Sql } from "./sql.ts";

type StoredEvent = Omit<OutboxRow, "eventId">;

/** Moves the events of crowded lanes to pages. In a transaction of the caller. */
export function moveOut(sql: Sql, outbox: MemoryOutbox, inMemoryMax: number): void {
  for (const [destination, rows] of outbox.crowded(inMemoryMax)) {
    const pages: OutboxPage[] = [];
    let open: string[] = [];
    let chars = 0;
    const put = (lastSequence: number) => {
      sql.run(
        "INSERT INTO outbox_page (destination, last_sequence, body) VALUES (?, ?, ?)",
        destination,
        lastSequence,
        `[${open.join(",")}]`,
      );
      const [{ page }] = [...sql.rows("SELECT max(page) AS page FROM outbox_page")] as [{ page: number }];
      pages.push({ page, destination, lastSequence });
      open = [];
      chars = 0;
    };
    rows.forEach(({ sequence, event, createdAtMs }, i) => {
      const text = JSON.stringify({ sequence, event, createdAtMs } satisfies StoredEvent);
      if (chars > 0 && chars + text.length > QUEUE_ROW_MAX_CHARS) put(rows[i - 1]!.sequence);
      open.push(text);
      chars += text.length;
    });
    put(rows.at(-1)!.sequence);
    outbox.movedOut(destination, pages);
  }
}

/** The events of one page, in order. */
export function readOutboxPage(sql: Sql, page: number): readonly StoredEvent[] {
  for (const { body } of sql.rows("SELECT body FROM outbox_page WHERE page = ?", page)) {
    return JSON.parse(body as string) as StoredEvent[];
  }
  return [];
}

/** Every page, in the order of its lane. */
export function* readOutboxPages(sql: Sql): Iterable<OutboxPage> {
  for (const row of sql.rows("SELECT page, destination, last_sequence FROM outbox_page ORDER BY page")) {
    yield {
      page: row["page"] as number,
      destination: row["destination"] as OutboxPage["destination"],
      lastSequence: row["last_sequence"] as number,
    };
  }
}
