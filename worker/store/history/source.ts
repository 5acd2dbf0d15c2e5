/** Where a history event comes from, read from its id. */

/** The project whose `JobQueue` object wrote an event, and the event's place in that object's order. */
export interface EventSource {
  readonly owner: string;
  readonly project: string;
  readonly sequence: number;
}

const EVENT_ID = /^([^/:]+)\/([^/:]+):(\d+)$/;

/**
 * Splits `{owner}/{project}:{sequence}`. Names hold neither `/` nor `:`, so this is exact.
 *
 * @example
 * ```ts
 * eventSource("acme/site:7"); // { owner: "acme", project: "site", sequence: 7 }
 * ```
 */
export function eventSource(eventId: string): EventSource {
  const match = EVENT_ID.exec(eventId);
  if (match === null) {
    throw new TypeError(
      `Cannot apply event as its id must be 'owner/project:sequence': current value is '${eventId}'`,
    );
  }
  return { owner: match[1]!, project: match[2]!, sequence: Number(match[3]) };
}
