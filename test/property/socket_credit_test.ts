/** The account of a socket against a model: credit is never exceeded, and no byte is lost or counted twice. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { SOCKET_CREDIT_MAX, SOCKET_LOG_WINDOW_BYTES } from "../../protocol/runner/socket_limits.ts";
import {
  EMPTY_ACCOUNT,
  grantCredit,
  holdBytes,
  releaseBytes,
  spendCredit,
  voidCredit,
} from "../../worker/domain/socket_account.ts";

const step = fc.oneof(
  fc.record({ kind: fc.constant("want" as const), more: fc.integer({ min: 1, max: SOCKET_CREDIT_MAX }) }),
  fc.record({ kind: fc.constant("job" as const) }),
  fc.record({ kind: fc.constant("drain" as const) }),
  fc.record({ kind: fc.constant("chunk" as const), bytes: fc.nat({ max: SOCKET_LOG_WINDOW_BYTES }) }),
  fc.record({ kind: fc.constant("kept" as const) }),
);

Deno.test("jobs that went out are at most those that were asked for, and the window holds", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let account = EMPTY_ACCOUNT;
      let asked = 0;
      let sent = 0;
      const under: number[] = [];
      for (const one of steps) {
        switch (one.kind) {
          case "want": {
            const granted = grantCredit(account, one.more);
            assert.equal(granted.ok, asked - sent + one.more <= SOCKET_CREDIT_MAX);
            if (!granted.ok) break;
            account = granted.value;
            asked += one.more;
            break;
          }
          case "job":
            if (asked === sent) {
              assert.throws(() => spendCredit(account), RangeError);
              break;
            }
            account = spendCredit(account);
            sent++;
            break;
          case "drain":
            account = voidCredit(account);
            asked = sent;
            break;
          case "chunk": {
            const held = holdBytes(account, one.bytes);
            const total = under.reduce((sum, bytes) => sum + bytes, one.bytes);
            assert.equal(held.ok, total <= SOCKET_LOG_WINDOW_BYTES);
            if (!held.ok) break;
            account = held.value;
            under.push(one.bytes);
            break;
          }
          case "kept":
            account = releaseBytes(account, under.shift() ?? 0);
        }
        assert.equal(account.credit, asked - sent);
        assert.equal(account.heldBytes, under.reduce((sum, bytes) => sum + bytes, 0));
      }
    }),
  );
});

Deno.test("bytes that were never held cannot be released", () => {
  assert.throws(() => releaseBytes(EMPTY_ACCOUNT, 1), RangeError);
});
