/**
 * The ask that takes the place of one whose subject has another revision (Autonomy 19.5): an approval is earned anew for each.
 *
 * 1. It is asked alike, of the same people under the same policy; nobody's answer to the former counts.
 * 2. Who said that there is a new revision, and who made it, are among those who may not answer: else somebody could change
 *    what is approved and approve it.
 * 3. Its id follows from the former one and the revision, so it is armed once.
 *
 * Of an ask that the queue opened there is none: the task that waits goes on from its station and asks anew, and a held request
 * never changes. Pure.
 */
import { jsonDigest } from "../../../protocol/autonomy/audit_chain.ts";
import { type AskId, ulid } from "../../../protocol/ids.ts";
import type { Ask } from "./ask.ts";

const MINUTE_MS = 60_000;

/** Null: nothing takes its place. */
export function successorOf(
  ask: Ask,
  { rev, by, proposers, nowMs }: {
    readonly rev: string;
    /** Principals who are behind the new revision. */
    readonly by: readonly string[];
    readonly proposers: readonly string[];
    readonly nowMs: number;
  },
): Ask | null {
  if (ask.origin.kind !== "api" || ask.subject === null) return null;
  const others = [...ask.proposers, ...proposers, ...by].filter((name) => name !== ask.requestedBy);
  return {
    ...ask,
    askId: successorId(ask.askId, rev),
    origin: { ...ask.origin, supersedes: ask.askId },
    subject: { ...ask.subject, rev },
    proposers: [...new Set(others)],
    createdAtMs: nowMs,
    expiresAtMs: expiryOf(ask, nowMs),
  };
}

function successorId(askId: string, rev: string): string {
  const digest = jsonDigest(["successor", askId, rev]);
  const bytes = Uint8Array.from({ length: 10 }, (_, n) => parseInt(digest.slice(2 * n, 2 * n + 2), 16));
  return ulid<AskId>(0, bytes);
}

/** The time that the policy gives begins anew; a moment that was named stays. */
function expiryOf({ createdAtMs, expiresAtMs, policy }: Ask, nowMs: number): number | null {
  const { expireMinutes } = policy.clocks;
  if (expireMinutes === null || expiresAtMs === null) return expiresAtMs;
  const lifeMs = expireMinutes * MINUTE_MS;
  const isNamed = expiresAtMs < createdAtMs + lifeMs;
  return isNamed ? Math.min(expiresAtMs, nowMs + lifeMs) : nowMs + lifeMs;
}
