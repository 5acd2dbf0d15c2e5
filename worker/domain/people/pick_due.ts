/**
 * Which deliveries begin now (Autonomy 19.9). Pure.
 *
 * 1. At most `WEBHOOK_SENDING_MAX` are under way: the platform lets one object wait for so many answers at once.
 * 2. A lane that fails has one under way, and all that fail `WEBHOOK_SENDING_FAILING_MAX` together: receivers that hang never take
 *    every place. One that is well has `WEBHOOK_LANE_SENDING_MAX`.
 * 3. Of one ask, a lane has one under way, and of those that are due the one with the least `seq` first. A consumer orders
 *    by `seq` all the same, as what failed comes later.
 */
import { WEBHOOK_LANE_SENDING_MAX, WEBHOOK_SENDING_FAILING_MAX, WEBHOOK_SENDING_MAX } from "../../limits.ts";

/** One receiver: an endpoint, or a channel such as mail. */
export interface LaneDue<T> {
  readonly lane: string;
  readonly isFailing: boolean;
  /** What is due, the longest due first. */
  readonly due: readonly T[];
}

interface Waiting {
  readonly id: string;
  readonly askId: string | null;
  readonly seq: number | null;
}

/** What is under way. */
export interface Sending {
  readonly id: string;
  readonly lane: string;
  readonly askId: string | null;
  readonly isFailing: boolean;
}

/** Those that begin now, lane by lane in turn, so that a long lane holds up no short one. */
export function pickDue<T extends Waiting>(
  lanes: readonly LaneDue<T>[],
  sending: readonly Sending[],
): readonly (T & { readonly lane: string; readonly isFailing: boolean })[] {
  const picked: (T & { lane: string; isFailing: boolean })[] = [];
  const queues = lanes.map(({ lane, isFailing, due }) => ({ lane, isFailing, due: bySeq(due) }));
  const underWay = () => [...sending, ...picked];
  for (let isProgress = true; isProgress;) {
    isProgress = false;
    for (const { lane, isFailing, due } of queues) {
      const now = underWay();
      if (now.length >= WEBHOOK_SENDING_MAX) return picked;
      if (isFailing && now.filter((one) => one.isFailing).length >= WEBHOOK_SENDING_FAILING_MAX) continue;
      const ofLane = now.filter((one) => one.lane === lane);
      if (ofLane.length >= (isFailing ? 1 : WEBHOOK_LANE_SENDING_MAX)) continue;
      const next = due.find(({ id, askId }) =>
        !ofLane.some((one) => one.id === id || (askId !== null && one.askId === askId))
      );
      if (next === undefined) continue;
      picked.push({ ...next, lane, isFailing });
      isProgress = true;
    }
  }
  return picked;
}

/** Puts what is of one ask into the order of its `seq`, at the places that it has. */
function bySeq<T extends Waiting>(due: readonly T[]): readonly T[] {
  const ofAsk = new Map<string, T[]>();
  for (const one of due) {
    if (one.askId !== null) ofAsk.set(one.askId, [...(ofAsk.get(one.askId) ?? []), one]);
  }
  for (const list of ofAsk.values()) list.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
  return due.map((one) => one.askId === null ? one : ofAsk.get(one.askId)!.shift()!);
}
