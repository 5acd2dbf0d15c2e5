/** Waiting in tests: for a condition, with a deadline. */
import assert from "node:assert/strict";

const UNTIL_MAX_MS = 10_000;

/** Asks again and again until the answer is not null; fails when that takes too long. */
export async function until<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
  const deadlineMs = Date.now() + UNTIL_MAX_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    assert.ok(Date.now() < deadlineMs, `Cannot go on as ${what}: it took more than ${UNTIL_MAX_MS} ms`);
  }
}
