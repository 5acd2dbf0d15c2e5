/**
 * What a try of a delivery means (Autonomy 19.9): is it done, when is the next try, and what of its receiver. Pure.
 *
 * 1. Only 2xx is success. A redirect is a failure and is never followed.
 * 2. 410 ends the endpoint; 429, 502 and 504 throttle it as a whole; `Retry-After` is honoured up to a bound.
 * 3. After `WEBHOOK_TRIES_AFTER_MS` is used up the delivery has failed; a replay begins a new round.
 */
import {
  WEBHOOK_DETAIL_MAX_CHARS,
  WEBHOOK_JITTER,
  WEBHOOK_RETRY_AFTER_MAX_MS,
  WEBHOOK_THROTTLE_MS,
  WEBHOOK_TRIES_AFTER_MS,
} from "../../limits.ts";
import type { DeliveryAttempt, DeliveryState } from "./sending.ts";

/** A parser of dates reads much that is none. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const THROTTLING: readonly number[] = [429, 502, 504];

/** What came of a try. */
export type TryOutcome =
  | {
    readonly kind: "answered";
    readonly status: number;
    readonly retryAfter: string | null;
    /** The beginning of the body. */
    readonly excerpt: string;
  }
  | { readonly kind: "no_answer"; readonly detail: string }
  /** Our own check let nothing out. */
  | { readonly kind: "refused"; readonly detail: string }
  /** What a channel said. */
  | { readonly kind: "told"; readonly result: "sent" | "failed" | "off"; readonly detail: string };

export interface TryVerdict {
  readonly attempt: DeliveryAttempt;
  readonly state: DeliveryState;
  /** Null: no further try. */
  readonly nextTryAtMs: number | null;
  readonly receiver: "well" | "failing" | "gone";
  /** Nothing goes to the receiver before this; null: no pause. */
  readonly throttledUntilMs: number | null;
}

/**
 * Judges a try.
 *
 * @param tries How many there were in this round, this one among them.
 * @param random From 0 up to 1: the jitter.
 */
export function judgeTry(
  outcome: TryOutcome,
  { tries, startedMs, nowMs, random }: {
    readonly tries: number;
    readonly startedMs: number;
    readonly nowMs: number;
    readonly random: number;
  },
): TryVerdict {
  const status = outcome.kind === "answered" ? outcome.status : null;
  const attemptOf = (result: DeliveryAttempt["result"], detail: string): DeliveryAttempt => ({
    atMs: startedMs,
    result,
    status,
    detail: plain(detail),
    tookMs: Math.max(0, nowMs - startedMs),
  });
  const done = (state: "delivered" | "off" | "failed", detail: string): TryVerdict => ({
    attempt: attemptOf(state, detail),
    state,
    nextTryAtMs: null,
    receiver: state === "failed" ? "gone" : "well",
    throttledUntilMs: null,
  });
  if (outcome.kind === "answered" && outcome.status >= 200 && outcome.status < 300) {
    return done("delivered", "");
  }
  if (outcome.kind === "told" && outcome.result !== "failed") {
    return done(outcome.result === "sent" ? "delivered" : "off", outcome.detail);
  }
  if (status === 410) return done("failed", "the receiver wants no more");

  const askedMs = outcome.kind === "answered" ? retryAfterMs(outcome.retryAfter, nowMs) : null;
  const isThrottling = status !== null && THROTTLING.includes(status);
  const throttledUntilMs = askedMs !== null
    ? nowMs + askedMs
    : isThrottling
    ? nowMs + withJitter(WEBHOOK_THROTTLE_MS, random)
    : null;
  const pauseMs = WEBHOOK_TRIES_AFTER_MS[tries];
  const nextTryAtMs = pauseMs === undefined
    ? null
    : Math.max(nowMs + withJitter(pauseMs, random), throttledUntilMs ?? 0);
  return {
    attempt: attemptOf("failed", detailOf(outcome)),
    state: nextTryAtMs === null ? "failed" : "pending",
    nextTryAtMs,
    receiver: "failing",
    throttledUntilMs,
  };
}

/** Seconds, or a date of HTTP, as a pause from now on; null: nothing that can be read. Bounded. */
export function retryAfterMs(text: string | null, nowMs: number): number | null {
  const wanted = text === null
    ? NaN
    : /^\d{1,10}$/.test(text)
    ? Number(text) * 1_000
    : HTTP_DATE.test(text)
    ? Date.parse(text) - nowMs
    : NaN;
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, 0), WEBHOOK_RETRY_AFTER_MAX_MS) : null;
}

function withJitter(ms: number, random: number): number {
  return Math.round(ms * (1 + WEBHOOK_JITTER * random));
}

function detailOf(outcome: TryOutcome): string {
  if (outcome.kind !== "answered") return outcome.detail;
  const { status, excerpt } = outcome;
  if (status >= 300 && status < 400) return "redirects are not followed";
  return excerpt;
}

/** One short line without what steers a terminal. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex -- that is what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim().slice(
    0,
    WEBHOOK_DETAIL_MAX_CHARS,
  );
}
