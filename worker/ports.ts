/** The ports of the control plane: what its shells need from the world. */
import type { OutboxRow } from "./domain/event.ts";

/** Reads the wall clock, in integer Unix milliseconds, and translates a due time for the platform's alarm. */
export interface Clock {
  nowMs(): number;
  /** The platform's own time at which `dueMs` of this clock is reached. Equal to `dueMs` in production. */
  toPlatformMs(dueMs: number): number;
}

/** Makes bytes that nobody can guess. */
export interface RandomSource {
  bytes(count: number): Uint8Array;
}

/**
 * Delivers rows of one destination, in order, at least once. Resolves when all are taken; rejects when the receiver
 * could not take them (they are tried again later, in the same order). Idempotent at the receiver by event id.
 */
export type OutboxSender = (rows: readonly OutboxRow[]) => Promise<void>;
