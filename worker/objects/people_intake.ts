/**
 * Takes the events of a project's asks. All that come in one turn of the event loop are one transaction (O2), and those who
 * sent them are answered after it. A call that fails then fails alone: its events come again.
 */
import type { GateEvent } from "../domain/people_api.ts";

/** @param write One transaction. `atEndOfTurn` calls back once when everything that has arrived by now was handled. */
export function createEventIntake({ write, onWritten, atEndOfTurn }: {
  readonly write: (events: readonly GateEvent[]) => void;
  readonly onWritten: () => void;
  readonly atEndOfTurn: (callback: () => void) => void;
}): (events: readonly GateEvent[]) => Promise<void> {
  type Call = PromiseWithResolvers<void> & { readonly events: readonly GateEvent[] };
  let calls: Call[] = [];

  function settle(taken: readonly Call[]): void {
    try {
      write(taken.flatMap(({ events }) => events));
    } catch (cause) {
      if (taken.length > 1) { for (const call of taken) settle([call]); }
      else taken[0]!.reject(cause);
      return;
    }
    for (const { resolve } of taken) resolve();
  }

  return async (events) => {
    const call = { events, ...Promise.withResolvers<void>() };
    if (calls.push(call) === 1) {
      atEndOfTurn(() => {
        const taken = calls;
        calls = [];
        settle(taken);
        onWritten();
      });
    }
    await call.promise;
  };
}
