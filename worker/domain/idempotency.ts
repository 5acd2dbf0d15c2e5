/**
 * Requests that take effect once, however often they come (header `Idempotency-Key`). The answer is remembered in the
 * decision that it is the answer of, so that no crash can part them; a refusal is not remembered, as it changed nothing.
 *
 * Keys belong to their token: two tokens may use the same one.
 */
import { assertNever, err, ok, type Result } from "../../protocol/result.ts";
import {
  REMEMBERED_ANSWER_MAX_CHARS,
  REMEMBERED_LIFE_MS,
  REMEMBERED_MAX,
  REMEMBERED_PRUNED_AT_ONCE,
} from "../limits.ts";
import type { Caller } from "./caller.ts";
import type { Draft } from "./draft.ts";
import type { QueueError } from "./job_queue_api.ts";
import type { QueueState, Remembered } from "./queue_state.ts";

/** Decides once per key. `keepsAnswer` false: the answer holds a secret, which is in one answer and nowhere else (S1). */
export function decideOnce<T>(
  draft: Draft,
  caller: Caller,
  keepsAnswer: boolean,
  decider: () => Result<T, QueueError>,
): Result<T, QueueError> {
  const known = recallAnswer<T>(draft.before, caller, draft.nowMs);
  if (known !== null) return known;
  const result = decider();
  if (caller.once === undefined || !result.ok) return result;
  const json = JSON.stringify(result.value);
  const isKept = keepsAnswer && json.length <= REMEMBERED_ANSWER_MAX_CHARS;
  rememberAnswer(draft, caller, isKept ? json : null);
  return result;
}

/** Notes what a caller with a key was answered; null: the answer is not kept. */
export function rememberAnswer(draft: Draft, caller: Caller, answer: string | null): null {
  if (caller.once === undefined) return null;
  const { key, fingerprint } = caller.once;
  prune(draft);
  draft.put({ kind: "remembered", row: { id: rowId(caller, key), fingerprint, answer, atMs: draft.nowMs } });
  return null;
}

/** Remembers, under a name of its own, what took effect and must not a second time. */
export function remember(draft: Draft, row: Omit<Remembered, "atMs">): void {
  prune(draft);
  draft.put({ kind: "remembered", row: { ...row, atMs: draft.nowMs } });
}

/** What was answered to this request before; null when it is new. */
export function recallAnswer<T>(
  state: Pick<QueueState, "remembered">,
  caller: Caller,
  nowMs: number,
): Result<T, QueueError> | null {
  if (caller.once === undefined) return null;
  const known = state.remembered.get(rowId(caller, caller.once.key));
  if (known === undefined || isOver(known, nowMs)) return null;
  if (known.fingerprint !== caller.once.fingerprint) return err({ reason: "idempotency_key_reused" });
  return known.answer === null ? err({ reason: "answer_not_kept" }) : ok(JSON.parse(known.answer) as T);
}

/** Whose key it is: the token, as names may be given twice. */
export function keyOwner(caller: Caller): string {
  switch (caller.kind) {
    case "admin":
    case "nobody":
      return caller.kind;
    case "person":
      return `person ${caller.name}`;
    case "workload":
      return `workload ${caller.name}`;
    case "token":
      return caller.hash;
    case "run_token":
      return `run ${caller.runId}`;
    default:
      return assertNever(caller);
  }
}

function rowId(caller: Caller, key: string): string {
  return `${keyOwner(caller)} ${key}`;
}

/** Forgets what is over, and the oldest when there are too many: a few at a time, so that no decision is a long one. */
function prune(draft: Draft): void {
  const { remembered } = draft.before;
  let excess = remembered.size + 1 - REMEMBERED_MAX;
  let pruned = 0;
  for (const row of remembered.values()) {
    if (pruned === REMEMBERED_PRUNED_AT_ONCE || (excess <= 0 && !isOver(row, draft.nowMs))) return;
    draft.put({ kind: "forget", id: row.id });
    excess--;
    pruned++;
  }
}

function isOver(row: Remembered, nowMs: number): boolean {
  return nowMs - row.atMs >= REMEMBERED_LIFE_MS;
}
