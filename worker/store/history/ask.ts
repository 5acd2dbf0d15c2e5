/** How every reader of the history asks: opened once, and a fault of the database is an answer, never an exception. */
import { type HistoryAddress, type HistoryDatabase, historyFault, openHistory } from "./connect.ts";

/**
 * - `ok`: the rows, as of the last events that were applied (the objects may be ahead: O5);
 * - `off`: this control plane runs without a history (`HISTORY_URL` is empty);
 * - `unavailable`: it did not answer in `HISTORY_TIMEOUT_MS`, or refused; `fault` is one word that may be shown.
 */
export type HistoryAnswer<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "off" }
  | { readonly kind: "unavailable"; readonly fault: string };

/** As the environment has it; without a `url` (or with an empty one) there is no history. */
export interface HistoryPlace {
  readonly url?: string | undefined;
  readonly authToken?: string | undefined;
  readonly timeoutMs?: number;
}

export type Ask = <T>(query: (db: HistoryDatabase) => Promise<T>) => Promise<HistoryAnswer<T>>;

/** Makes one for one request: a connection must not outlive the request that opened it. */
export function createAsk({ url, authToken, timeoutMs }: HistoryPlace): Ask {
  const target: HistoryAddress | null = url === undefined || url === "" ? null : {
    url,
    ...(authToken === undefined ? {} : { authToken }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  let opened: HistoryDatabase | null = null;
  return async (query) => {
    if (target === null) return { kind: "off" };
    opened ??= openHistory(target);
    try {
      return { kind: "ok", value: await query(opened) };
    } catch (error) {
      return { kind: "unavailable", fault: historyFault(error) };
    }
  };
}
