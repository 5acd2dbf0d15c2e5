/**
 * Who is on call at an instant (Autonomy 19.7). Pure; all times UTC.
 *
 * 1. A layer that is active has exactly one person on call; one that is not has none.
 * 2. Turns follow one another without a gap or an overlap: at the very millisecond at which one ends, the next has begun.
 *    They go on counting while the layer is not active.
 * 3. An override goes before every layer, and a later layer before an earlier one.
 */
import type { ScheduleDocument, ScheduleLayer } from "./documents.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAY_MINUTES = 1_440;
/** 1 January 1970 was a Thursday. */
const EPOCH_WEEKDAY = 4;

/** The person whom a layer has on call; null while it is not active. */
export function onCallOfLayer(layer: ScheduleLayer, atMs: number): string | null {
  if (atMs < layer.startsAtMs || !isActive(layer, atMs)) return null;
  const turn = Math.floor((atMs - layer.startsAtMs) / layer.turnMs);
  return layer.people[turn % layer.people.length] ?? null;
}

/** The person whom a schedule has on call; null: nobody is at this instant. */
export function onCall(
  schedule: Pick<ScheduleDocument, "layers" | "overrides">,
  atMs: number,
): string | null {
  const override = schedule.overrides.findLast(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs);
  if (override !== undefined) return override.person;
  for (const layer of schedule.layers.toReversed()) {
    const person = onCallOfLayer(layer, atMs);
    if (person !== null) return person;
  }
  return null;
}

function isActive({ days, fromMinute, toMinute }: ScheduleLayer, atMs: number): boolean {
  const day = Math.floor(atMs / DAY_MS);
  if (fromMinute === undefined || toMinute === undefined) return isDay(days, day);
  const minute = Math.floor((atMs - day * DAY_MS) / MINUTE_MS);
  if (fromMinute < toMinute) return isDay(days, day) && fromMinute <= minute && minute < toMinute;
  // Over midnight: the evening is of this day's window, the morning of the one before.
  return (isDay(days, day) && minute >= fromMinute % DAY_MINUTES) ||
    (isDay(days, day - 1) && minute < toMinute);
}

function isDay(days: readonly number[] | undefined, day: number): boolean {
  return days === undefined || days.includes((((day + EPOCH_WEEKDAY) % 7) + 7) % 7);
}
