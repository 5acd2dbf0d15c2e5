/** Who waits for an ask to move on: long-polls. They are lost with the object's memory, and ask again. */

export interface GateWaiters {
  /** Resolves when {@link moved} is called with a higher `seq`, or after `waitMs`. */
  until(seq: number, waitMs: number): Promise<void>;
  moved(seq: number): void;
}

/** Makes an empty room. */
export function createGateWaiters(): GateWaiters {
  const waiting = new Set<{ readonly seq: number; readonly done: () => void }>();
  return {
    until: async (seq, waitMs) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const one = { seq, done: resolve };
      waiting.add(one);
      // The timer ends with the wait: one that is left keeps the object in memory.
      const timer = setTimeout(resolve, waitMs);
      await promise;
      clearTimeout(timer);
      waiting.delete(one);
    },
    moved: (seq) => {
      for (const one of waiting) if (seq > one.seq) one.done();
    },
  };
}
