/**
 * The clock of one object. In production it is the platform's; where the variable `SHOPFLOOR_CLOCK` is `fake`, an
 * offset kept in the object's own storage is added, which tests move forward instead of waiting.
 */
import type { Clock } from "../ports.ts";

const OFFSET_KEY = "clock_offset_ms";

/** A clock that can be moved, but only where the configuration says `fake`. */
export interface ObjectClock extends Clock {
  /** Moves the clock forward. Throws unless the configuration says `fake`. */
  advance(ms: number): void;
}

/** Makes the clock of an object from its storage and the value of `SHOPFLOOR_CLOCK`. */
export function createObjectClock(storage: DurableObjectStorage, mode: string | undefined): ObjectClock {
  if (mode !== "fake") {
    return {
      nowMs: () => Date.now(),
      toPlatformMs: (dueMs) => dueMs,
      advance: () => {
        throw new Error("Cannot advance the clock as SHOPFLOOR_CLOCK must be 'fake': current value is unset");
      },
    };
  }
  let offsetMs = storage.kv.get<number>(OFFSET_KEY) ?? 0;
  return {
    nowMs: () => Date.now() + offsetMs,
    toPlatformMs: (dueMs) => dueMs - offsetMs,
    advance: (ms) => {
      offsetMs += ms;
      storage.kv.put(OFFSET_KEY, offsetMs);
    },
  };
}
