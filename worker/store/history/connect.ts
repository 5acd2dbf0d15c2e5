/** How the Worker reaches the history: libSQL over HTTP, each request bounded in time. */
import { createClient, LibsqlError } from "@libsql/client/web";
import { drizzle } from "drizzle-orm/libsql/web";
import { HISTORY_TIMEOUT_MS } from "../../limits.ts";
import * as schema from "./schema.ts";

/** Where the history is; `authToken` is for Turso, a local sqld needs none. */
export interface HistoryAddress {
  readonly url: string;
  readonly authToken?: string;
  /** How long one request may take; absent: `HISTORY_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
}

export type HistoryDatabase = ReturnType<typeof openHistory>;

/**
 * Opens the history. Nothing is sent before the first statement. Inside a Worker a database belongs to the request
 * (or to the object) that opened it: never keep one in a module variable.
 */
export function openHistory(address: HistoryAddress) {
  const { timeoutMs = HISTORY_TIMEOUT_MS } = address;
  const client = createClient({
    url: address.url,
    ...(address.authToken === undefined ? {} : { authToken: address.authToken }),
    fetch: (request: Request) => fetch(request, { signal: AbortSignal.timeout(timeoutMs) }),
  });
  return drizzle(client, { schema });
}

/**
 * Why a statement failed, as one word and without the statement's values: `timeout`, `unreachable`, or libSQL's own
 * code in lower case such as `sqlite_error` or `server_error`.
 */
export function historyFault(error: unknown): string {
  for (let e: unknown = error; e instanceof Error; e = e.cause) {
    if (e.name === "TimeoutError" || e.name === "AbortError") return "timeout";
    if (e instanceof LibsqlError && e.code !== "UNKNOWN") return e.code.toLowerCase();
  }
  return "unreachable";
}
