/**
 * What is asked of whom, and in which order (Autonomy 19.3): by next deadline, those without one last, then the oldest,
 * then by id. Pure.
 *
 * An ask that is over stays for a while under its state, for who asks for it by that; no other list has it.
 */
import type { WorklistInput, WorklistItem, WorklistReason } from "../people_api.ts";

/** Where a row stands in the order. `dueMs` of an ask without a deadline is {@link NEVER_MS}. */
export interface WorklistKey {
  readonly dueMs: number;
  readonly openedAtMs: number;
  readonly askId: string;
}

/** After every deadline: the last instant that a date has. */
export const NEVER_MS = 8.64e15;

const REASONS: readonly WorklistReason[] = [
  "offered",
  "assigned",
  "claimed",
  "delegated",
  "owned",
  "overdue",
];
const WAITING: readonly string[] = ["armed", "open", "answered"];

/** The key of an ask. */
export function keyOf(item: Pick<WorklistItem, "nextDeadlineMs" | "openedAtMs" | "askId">): WorklistKey {
  return { dueMs: item.nextDeadlineMs ?? NEVER_MS, openedAtMs: item.openedAtMs, askId: item.askId };
}

/** Less than 0: `a` comes first. */
export function compareKeys(a: WorklistKey, b: WorklistKey): number {
  return a.dueMs - b.dueMs || a.openedAtMs - b.openedAtMs ||
    (a.askId < b.askId ? -1 : a.askId > b.askId ? 1 : 0);
}

/** Where the next page begins, as text. */
export function cursorText({ dueMs, openedAtMs, askId }: WorklistKey): string {
  return `${dueMs}.${openedAtMs}.${askId}`;
}

/** Reads a cursor; null: it is none. */
export function readCursor(text: string): WorklistKey | null {
  const match = /^(\d{1,16})\.(\d{1,16})\.([0-9A-Za-z_-]{1,100})$/.exec(text);
  return match === null ? null : { dueMs: Number(match[1]), openedAtMs: Number(match[2]), askId: match[3]! };
}

/** Is it not over? */
export function isWaiting(state: string): boolean {
  return WAITING.includes(state);
}

/** Why it is on the list of who asks; empty: it is not. Somebody without a principal has everything on it. */
export function reasonsFor(
  item: WorklistItem,
  input: WorklistInput,
  nowMs: number,
): readonly WorklistReason[] {
  const { principal } = input;
  const found: WorklistReason[] = [];
  if (isOffered(item, input)) found.push("offered");
  const held: readonly (readonly [WorklistReason, string | null])[] = [
    ["assigned", item.assignedTo],
    ["claimed", item.claimedBy],
    ["delegated", item.delegatedTo],
    ["owned", item.ownerPrincipal],
  ];
  for (const [reason, holder] of held) {
    if (holder !== null && (principal === null || holder === principal)) found.push(reason);
  }
  if (principal === null || found.length > 0) {
    if (item.nextDeadlineMs !== null && item.nextDeadlineMs < nowMs && isWaiting(item.state)) {
      found.push("overdue");
    }
  }
  return found;
}

/** The reasons for which an ask is on the list that is asked for; null: it is not on it. */
export function listed(
  item: WorklistItem,
  input: WorklistInput,
  nowMs: number,
): readonly WorklistReason[] | null {
  const { state, role, mine, lineId } = input;
  if (lineId !== undefined && lineId !== null && item.origin.lineId !== lineId) return null;
  if (role !== undefined && item.requiredRole !== role && !item.candidates.groups.includes(role)) return null;
  const isReason = REASONS.some((reason) => reason === state);
  if (state === undefined || isReason ? !isWaiting(item.state) : item.state !== state) return null;
  const reasons = reasonsFor(item, input, nowMs);
  if (input.principal !== null && reasons.length === 0) return null;
  if (isReason && !reasons.some((reason) => reason === state)) return null;
  if (mine === true && !reasons.some((reason) => reason !== "offered" && reason !== "overdue")) return null;
  return reasons;
}

/** Free to take for this caller: nobody holds it. */
function isOffered(item: WorklistItem, { principal, groups, roles, canDecide }: WorklistInput): boolean {
  if (item.claimedBy !== null) return false;
  const { candidates, requiredRole } = item;
  if (principal === null) return true;
  const needsRole = requiredRole !== undefined && requiredRole !== null;
  if (needsRole && roles !== undefined && !roles.includes(requiredRole)) return false;
  if (candidates.users.length + candidates.groups.length === 0) return canDecide !== false;
  return candidates.users.includes(principal) || candidates.groups.some((group) => groups.includes(group));
}
