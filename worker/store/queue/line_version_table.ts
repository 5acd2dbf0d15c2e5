/**
 * Versions of lines that have left memory: neither the newest of their line nor one that a living task was on when they
 * came here. Sole writer of the table `line_version`. A version is written once and never changed; one that is in memory
 * again, as a task of it lives again, stays here too. It is deleted once nobody needs it (`unneeded_versions.ts`).
 *
 * A version is one row; what is too much for a row goes on in the next part. What lists show is beside the first part,
 * so that a list reads no definition.
 */
import type { LineId } from "../../../protocol/ids.ts";
import { type StoredVersions, summaryOf, type VersionSummary } from "../../domain/line_versions.ts";
import type { LineVersion } from "../../domain/queue_state.ts";
import { decodeRow, encodeRow } from "./row_codec.ts";
import { cutText, joinTexts } from "./row_text.ts";
import type { Sql } from "./sql.ts";

const PUT = "INSERT INTO line_version (line_id, version, part, summary, body) VALUES (?, ?, ?, ?, ?)";
const HAS = "SELECT 1 FROM line_version WHERE line_id = ? AND version = ? AND part = 0";
const READ = "SELECT body FROM line_version WHERE line_id = ? AND version = ? ORDER BY part";
const DELETE = "DELETE FROM line_version WHERE line_id = ? AND version = ?";
const OLDEST = "SELECT min(version) AS oldest FROM line_version WHERE line_id = ?";
const LIST =
  "SELECT summary FROM line_version WHERE line_id = ? AND version >= ? AND version <= ? AND part = 0";

export interface LineVersionTable extends StoredVersions {
  /** Adds those that are not there yet. In a transaction of the caller. */
  add(lines: Iterable<LineVersion>): void;
  /** Deletes versions. In a transaction of the caller. */
  remove(versions: Iterable<Pick<LineVersion, "id" | "version">>): void;
}

export function createLineVersionTable(sql: Sql): LineVersionTable {
  return {
    add: (lines) => {
      for (const line of lines) {
        if ([...sql.rows(HAS, line.id, line.version)].length > 0) continue;
        const bodies = cutText(JSON.stringify(encodeRow({ kind: "line", row: line })));
        bodies.forEach((body, part) => {
          const summary = part === 0 ? JSON.stringify(summaryOf(line)) : null;
          sql.run(PUT, line.id, line.version, part, summary, body);
        });
      }
    },
    remove: (versions) => {
      for (const { id, version } of versions) sql.run(DELETE, id, version);
    },
    oldest: (lineId: LineId) => ([...sql.rows(OLDEST, lineId)][0]?.["oldest"] ?? null) as number | null,
    read: (lineId: LineId, version) => {
      const bodies = [...sql.rows(READ, lineId, version)].map((row) => row["body"] as string);
      for (const text of joinTexts(bodies)) return decodeRow("line", JSON.parse(text));
      return null;
    },
    summaries: function* (lineId: LineId, first, last) {
      // Read whole: nothing else may be asked while rows are read.
      for (const { summary } of [...sql.rows(LIST, lineId, first, last)]) {
        yield JSON.parse(summary as string) as VersionSummary;
      }
    },
  };
}
