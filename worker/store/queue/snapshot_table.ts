/**
 * The queue as it was at one row of its log, in parts. Sole writer of the table `snapshot`; each snapshot takes the
 * place of the one before, in one transaction of the caller.
 */
import { QUEUE_ROW_MAX_CHARS } from "../../limits.ts";
import type { Encoded } from "./row_codec.ts";
import { cutText, joinTexts } from "./row_text.ts";
import type { Sql } from "./sql.ts";

const PUT = "INSERT INTO snapshot (part, sequence, body) VALUES (?, ?, ?) " +
  "ON CONFLICT (part) DO UPDATE SET sequence = excluded.sequence, body = excluded.body";

/** Writes the blocks; gives their characters. */
export function writeSnapshot(sql: Sql, sequence: number, blocks: Iterable<string>): number {
  let part = 0;
  let total = 0;
  let open: string[] = [];
  let chars = 0;
  const put = () => {
    for (const body of cutText(`[${open.join(",")}]`)) sql.run(PUT, ++part, sequence, body);
    total += chars;
    open = [];
    chars = 0;
  };
  for (const block of blocks) {
    if (chars > 0 && chars + block.length > QUEUE_ROW_MAX_CHARS - 2) put();
    open.push(block);
    chars += block.length + 1;
  }
  put();
  sql.run("DELETE FROM snapshot WHERE part > ?", part);
  return total;
}

/** Gives each block to `take`; answers the log's sequence that it is of and its characters, zero if there is none. */
export function readSnapshot(
  sql: Sql,
  take: (block: Encoded) => void,
): { readonly sequence: number; readonly chars: number } {
  let sequence = 0;
  let chars = 0;
  const bodies = function* () {
    for (const row of sql.rows("SELECT sequence, body FROM snapshot ORDER BY part")) {
      sequence = row["sequence"] as number;
      chars += (row["body"] as string).length;
      yield row["body"] as string;
    }
  };
  for (const text of joinTexts(bodies())) for (const block of JSON.parse(text) as Encoded[]) take(block);
  return { sequence, chars };
}
