/**
 * Reads the messages of the hot path, `report`, `want` and `submit`, without their schemas: those cost a tenth of the processor
 * time of a claim and its report, as a Worker may not compile them.
 *
 * It only says yes: what it reads, the schema reads to the same value (`test/property/socket_quick_read_test.ts`). To
 * anything else, also to fields that it does not know, it says null, and the schema decides.
 */
import type { RunnerReport } from "../../protocol/line/runner.ts";
import type { ClientMessage } from "../../protocol/runner/socket.ts";
import { REASON_MAX_CHARS } from "../../protocol/limits.ts";
import { SOCKET_CREDIT_MAX, SOCKET_ITEMS_MAX } from "../../protocol/runner/socket_limits.ts";

type Fields = Readonly<Record<string, unknown>>;

const ID_MAX_CHARS = 100;

/** The message, or null when its schema must be asked. `entry` is JSON that was just parsed, and is kept. */
export function quickRead(entry: Fields): ClientMessage | null {
  if (entry["type"] === "want") return isWant(entry) ? entry as ClientMessage : null;
  if (entry["type"] === "report") return isReport(entry) ? entry as ClientMessage : null;
  if (entry["type"] === "submit") return isSubmit(entry) ? entry as ClientMessage : null;
  return null;
}

function isWant(entry: Fields): boolean {
  for (const key in entry) if (key !== "type" && key !== "credit") return false;
  return isCount(entry["credit"]) && entry["credit"] >= 1 && entry["credit"] <= SOCKET_CREDIT_MAX;
}

/** Its cards are read one by one, later. */
function isSubmit(entry: Fields): boolean {
  for (const key in entry) {
    if (key !== "type" && key !== "id" && key !== "lineId" && key !== "cards") return false;
  }
  const { id, lineId, cards } = entry;
  return isCount(id) && isId(lineId) && lineId !== "" && Array.isArray(cards) && cards.length > 0 &&
    cards.length <= SOCKET_ITEMS_MAX;
}

function isReport(entry: Fields): boolean {
  for (const key in entry) if (key !== "type" && key !== "id" && key !== "report") return false;
  const { id, report } = entry;
  return isCount(id) && quickReport(report)?.runId !== undefined;
}

/** The report, as it also comes by HTTP; null when its schema must be asked. */
export function quickReport(json: unknown): RunnerReport | null {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return null;
  const fields = json as Fields;
  for (const key in fields) if (!isReportField(key, fields[key])) return null;
  return fields["jobResult"] === undefined ? null : json as RunnerReport;
}

function isReportField(key: string, value: unknown): boolean {
  switch (key) {
    case "jobResult":
      return value === "success" || value === "failed" || value === "in_progress";
    case "exitCode":
      return value === null || Number.isSafeInteger(value);
    case "error":
    case "summary":
      return value === null || (typeof value === "string" && value.length <= REASON_MAX_CHARS);
    case "conclusion":
      return value === null || value === "success" || value === "failure";
    case "jobId":
    case "runId":
      return isId(value);
    case "leaseEpoch":
      return isCount(value);
    default:
      return false;
  }
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value.length <= ID_MAX_CHARS;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
