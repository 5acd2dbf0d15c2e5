/**
 * The queue's log: what was decided since the last snapshot, one row for each turn of the event loop.
 *
 * A text is `[sequence of the first event, delivered marks | 0, [[time, changes, events?], ...]]`.
 *
 * Sole writer of the table `log`. Its slots are a ring that starts again behind a snapshot: old rows are overwritten and
 * never deleted, as a deletion costs as much as a row.
 */
import type { OutboxEvent } from "../../domain/event.ts";
import type { Marks } from "./memory_outbox.ts";
import type { Encoded } from "./row_codec.ts";
import { cutText, joinTexts } from "./row_text.ts";
import type { Sql } from "./sql.ts";

export type LoggedDecision = readonly [
  nowMs: number,
  changes: readonly Encoded[],
  events?: readonly OutboxEvent[],
];
export type LogText = readonly [firstEvent: number, marks: Marks | 0, decisions: readonly LoggedDecision[]];

const PUT = "INSERT INTO log (slot, sequence, body) VALUES (?, ?, ?) " +
  "ON CONFLICT (slot) DO UPDATE SET sequence = excluded.sequence, body = excluded.body";

export class LogTable {
  readonly #sql: Sql;
  #slot = 0;
  #sequence = 0;
  #chars = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** The sequence of the newest row. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Characters since the last snapshot. */
  get chars(): number {
    return this.#chars;
  }

  /** Reads what came after a snapshot, in order. */
  *read(afterSequence: number): Iterable<LogText> {
    this.#sequence = afterSequence;
    const rows = this.#sql.rows(
      "SELECT sequence, body FROM log WHERE sequence > ? ORDER BY sequence",
      afterSequence,
    );
    for (const text of joinTexts(this.#bodiesOf(rows))) yield JSON.parse(text) as LogText;
  }

  *#bodiesOf(rows: ReturnType<Sql["rows"]>): Iterable<string> {
    for (const { sequence, body } of rows) {
      this.#sequence = sequence as number;
      this.#slot++;
      this.#chars += (body as string).length;
      yield body as string;
    }
  }

  /** Writes a text; in a transaction if `also` is written with it, or if it takes several rows. */
  write(text: string, also: (() => void) | null): void {
    const bodies = cutText(text);
    const put = () =>
      bodies.forEach((body, i) => this.#sql.run(PUT, this.#slot + 1 + i, this.#sequence + 1 + i, body));
    if (bodies.length === 1 && also === null) put();
    else {
      this.#sql.transaction(() => {
        put();
        also?.();
      });
    }
    this.#slot += bodies.length;
    this.#sequence += bodies.length;
    this.#chars += text.length;
  }

  /** Everything in here is in a snapshot. */
  restart(): void {
    this.#slot = 0;
    this.#chars = 0;
  }
}
