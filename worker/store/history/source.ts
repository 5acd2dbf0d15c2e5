/** Where a history event comes from, read from its id. */

/** The object that wrote an event, and the event's place in that object's order. */
export interface EventSource {
  readonly owner: string;
  readonly project: string;
  /** Empty: the project's `JobQueue`; else the ask whose `HumanGate` it is. */
  readonly source: string;
  readonly sequence: number;
}

const QUEUE_EVENT = /^([^/:]+)\/([^/:]+):(\d+)$/;
const ASK_EVENT = /^gate:([^/:]+):(\d+)$/;

/**
 * Splits `{owner}/{project}:{sequence}`, or, of an ask of the project `of`, `gate:{ask}:{sequence}`. Names hold neither `/`
 * nor `:`, so this is exact.
 *
 * @example
 * ```ts
 * eventSource("acme/site:7"); // { owner: "acme", project: "site", source: "", sequence: 7 }
 * ```
 */
export function eventSource(
  eventId: string,
  of?: { readonly owner: string; readonly project: string },
): EventSource {
  const match = (of === undefined ? QUEUE_EVENT : ASK_EVENT).exec(eventId);
  if (match === null) {
    const form = of === undefined ? "owner/project:sequence" : "gate:ask:sequence";
    throw new TypeError(
      `Cannot apply event as its id must be '${form}': current value is '${eventId}'`,
    );
  }
  const sequence = Number(match.at(-1));
  if (of !== undefined) return { owner: of.owner, project: of.project, source: match[1]!, sequence };
  return { owner: match[1]!, project: match[2]!, source: "", sequence };
}
