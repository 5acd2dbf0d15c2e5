/**
 * What a client of a runner's socket has been granted and what it has used of it: jobs that it asked for, and bytes of
 * output that are under way.
 *
 * Invariants:
 *   1. `credit` is what the client asked for less what it got: never negative, never above `SOCKET_CREDIT_MAX`.
 *   2. `heldBytes` is what came less what was acknowledged or refused: never negative, never above
 *      `SOCKET_LOG_WINDOW_BYTES`. It bounds the memory that one socket takes (design 4a).
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { SOCKET_CREDIT_MAX, SOCKET_LOG_WINDOW_BYTES } from "../../protocol/runner/socket_limits.ts";

export interface SocketAccount {
  readonly credit: number;
  readonly heldBytes: number;
}

export const EMPTY_ACCOUNT: SocketAccount = { credit: 0, heldBytes: 0 };

/** The client wants `more` jobs. What would go over the limit adds nothing. */
export function grantCredit(account: SocketAccount, more: number): Result<SocketAccount, "credit_too_large"> {
  const credit = account.credit + more;
  return credit > SOCKET_CREDIT_MAX ? err("credit_too_large") : ok({ ...account, credit });
}

/** A job goes out. Throws without credit: that is a bug of the server. */
export function spendCredit(account: SocketAccount): SocketAccount {
  if (account.credit < 1) {
    throw new RangeError(`Cannot send job as credit must be at least 1: current value is ${account.credit}`);
  }
  return { ...account, credit: account.credit - 1 };
}

/** The client takes its credit back, or the server wants it to end. */
export function voidCredit(account: SocketAccount): SocketAccount {
  return { ...account, credit: 0 };
}

/** A chunk has come. Refused when the client sends more than its window. */
export function holdBytes(
  account: SocketAccount,
  bytes: number,
): Result<SocketAccount, "log_window_exceeded"> {
  const heldBytes = account.heldBytes + bytes;
  return heldBytes > SOCKET_LOG_WINDOW_BYTES ? err("log_window_exceeded") : ok({ ...account, heldBytes });
}

/** Chunks were kept, or refused. Throws for bytes that were never held: that is a bug of the server. */
export function releaseBytes(account: SocketAccount, bytes: number): SocketAccount {
  const heldBytes = account.heldBytes - bytes;
  if (heldBytes < 0) {
    throw new RangeError(
      `Cannot release ${bytes} bytes as they must be held: current value is ${account.heldBytes}`,
    );
  }
  return { ...account, heldBytes };
}
