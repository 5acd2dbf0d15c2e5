import type { OutboxRow } from "../domain/event.ts";

/**
 * Keeps the events of one object until they are delivered (O2). Rows are added by the owner inside its own
 * transaction; sequences only grow.
 */
export interface OutboxStore {
  /** The oldest undelivered rows of one destination, in order. */
  pending(destination: OutboxRow["event"]["destination"], limit: number): readonly OutboxRow[];
  /** Destinations that have undelivered rows. */
  destinations(): readonly OutboxRow["event"]["destination"][];
  /** Forgets delivered rows. */
  delivered(sequences: readonly number[]): void;
}
