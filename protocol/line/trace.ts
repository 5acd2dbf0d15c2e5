/** W3C Trace Context of the work that a task asks for (Line 2.7, 18). */
import { isUlid, ulidHex } from "../ids.ts";

/** A later version than ours may have more parts, which are left aside, as the recommendation says. */
const PATTERN = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The header of a request in the form of version 00; null: there is none that can be read. */
export function readTraceparent(header: string | undefined): string | null {
  const [, version, trace, parent, flags, more] = PATTERN.exec(header ?? "") ?? [];
  if (version === undefined || (version === "00" && more !== undefined)) return null;
  return `00-${trace}-${parent}-${flags}`;
}

/** For work that came without one: the task is the trace, the job the parent. Null: an id is not one that we make. */
export function traceparentOf(taskId: string, jobId: string): string | null {
  if (!isUlid(taskId) || !isUlid(jobId)) return null;
  return `00-${ulidHex(taskId)}-${ulidHex(jobId).slice(16)}-01`;
}
