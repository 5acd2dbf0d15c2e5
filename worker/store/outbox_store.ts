import type { OutboxRow } from "../domain/event.ts";

type Destination = OutboxRow["event"]["destination"];

/** Whom events wait for: all of a destination, or one receiver that was set aside from it: `task_log/{task id}`. */
export type OutboxLaneName = Destination | `${Destination}/${string}`;

/** The parts of a lane's name. */
export function destinationOf(name: OutboxLaneName): readonly [Destination, receiver: string | null] {
  const slash = name.indexOf("/");
  return slash < 0
    ? [name as Destination, null]
    : [name.slice(0, slash) as Destination, name.slice(slash + 1)];
}

/**
 * Keeps the events of one object until they are delivered (O2). Rows are added by the owner inside its own
 * transaction; sequences only grow.
 */
export interface OutboxStore {
  /** The oldest undelivered rows of one lane, in order; a destination's are without those of who is set aside. */
  pending(name: OutboxLaneName, limit: number): readonly OutboxRow[];
  /** Lanes that have undelivered rows. */
  destinations(): readonly OutboxLaneName[];
  /** Forgets delivered rows. */
  delivered(sequences: readonly number[]): void;
  /**
   * Gives a receiver of a destination a lane of its own until all that waits for it by then is delivered, so that others
   * do not wait for it. False: it cannot, as too many are. Absent where a destination has one receiver.
   */
  setAside?(destination: Destination, receiver: string): boolean;
}
