/**
 * When the input box of a CLI keeps what is pasted into it: the one rule, for a first boot and for one that goes on with a
 * conversation. A CLI lists its tools before it has drawn its screen, and a paste that comes meanwhile may be lost.
 *
 * 1. It is ready when its box is drawn and its screen has not changed for as long as the CLI needs.
 * 2. A screen that never comes to that, as of a release that draws another box, is waited for a bounded time; then it is
 *    pasted into all the same, and said so.
 * 3. A text stands in the box if its end is at the box, which is the last on the screen: what was said before is shown with the
 *    same sign, above it, and a dialog that is in the box's place has more lines than a box has below it.
 */
import { BOX_FOOT_MAX_LINES, BOX_LOOK_MIN_MS, BOX_REST_MAX_MS } from "../../limits.ts";

/** What was seen of one boot's screen. */
export interface BoxSight {
  readonly boots: number;
  readonly firstLookMs: number;
  readonly screen: string;
  /** Since when it is as it is. */
  readonly stillSinceMs: number;
}

export interface BoxRule {
  /** A regular expression, by line, that only a drawn box matches. */
  readonly inputBox: string;
  /** For so long the screen does not change. */
  readonly restMs: number;
}

export type BoxVerdict =
  | { readonly kind: "ready" }
  /** Invariant 2. */
  | { readonly kind: "given_up"; readonly isDrawn: boolean }
  | { readonly kind: "look_again"; readonly atMs: number };

/** A look at the screen of that boot. */
export function seeBox(before: BoxSight | null, boots: number, text: string, nowMs: number): BoxSight {
  // Blanks at the ends are no change that anybody sees.
  const screen = text.split("\n").map((line) => line.trimEnd()).join("\n").trimEnd();
  if (before === null || before.boots !== boots) {
    return { boots, firstLookMs: nowMs, screen, stillSinceMs: nowMs };
  }
  return before.screen === screen ? before : { ...before, screen, stillSinceMs: nowMs };
}

/** What a look means, at its time. */
export function judgeBox(sight: BoxSight, { inputBox, restMs }: BoxRule, nowMs: number): BoxVerdict {
  const isDrawn = new RegExp(inputBox, "mu").test(sight.screen);
  const restedMs = sight.stillSinceMs + restMs;
  if (isDrawn && restedMs <= nowMs) return { kind: "ready" };
  const untilMs = sight.firstLookMs + BOX_REST_MAX_MS;
  if (untilMs <= nowMs) return { kind: "given_up", isDrawn };
  return { kind: "look_again", atMs: Math.min(untilMs, nowMs + Math.max(BOX_LOOK_MIN_MS, restMs / 2)) };
}

/** Whether a text that ends so, or what a CLI shows in place of a long one, stands in the box and was not taken (invariant 3). */
export function standsInBox(screen: string, inputBox: string, ending: string): boolean {
  const lines = screen.trimEnd().split("\n");
  const isBox = (line: string | undefined) => line !== undefined && new RegExp(inputBox, "u").test(line);
  let from = lines.findLastIndex(isBox);
  if (from < 0) return false;
  // A CLI may begin each line of the box with its sign.
  while (isBox(lines[from - 1])) from--;
  const shows = (line: string) => /\[pasted/i.test(line) || (ending !== "" && line.includes(ending));
  const at = lines.findLastIndex(shows);
  return at >= from && lines.length - 1 - at <= BOX_FOOT_MAX_LINES;
}
