/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { WEBHOOK_LANE_SENDING_MAX, WEBHOOK_SENDING_FAILING_MAX, WEBHOOK_SENDING_MAX } from "../../limits.ts";
import { pickDue } from "./pick_due.ts";

const delivery = fc.record({ askId: fc.constantFrom("a", "b", "c", null), seq: fc.nat(9) });
const lanes = fc.array(fc.tuple(fc.boolean(), fc.array(delivery, { maxLength: 8 })), { maxLength: 8 }).map((
  list,
) =>
  list.map(([isFailing, due], i) => ({
    lane: `l${i}`,
    isFailing,
    due: due.map((one, j) => ({ ...one, id: `l${i}d${j}` })),
  }))
);

Deno.test("never too many at once, in all, for a lane, for those that fail, and of one ask", () => {
  fc.assert(fc.property(lanes, lanes, (before, now) => {
    const sending = pickDue(before, []);
    const picked = pickDue(now, sending);
    const all = [...sending, ...picked];
    assert.ok(all.length <= WEBHOOK_SENDING_MAX);
    const startedLanes = new Set(picked.map(({ lane }) => lane));
    if (sending.every((one) => !one.isFailing) || picked.some((one) => one.isFailing)) {
      assert.ok(all.filter((one) => one.isFailing).length <= WEBHOOK_SENDING_FAILING_MAX);
    }
    for (const lane of startedLanes) {
      const ofLane = all.filter((one) => one.lane === lane);
      assert.ok(ofLane.length <= WEBHOOK_LANE_SENDING_MAX);
      const asks = picked.filter((one) => one.lane === lane).map(({ askId }) => askId).filter((id) =>
        id !== null
      );
      assert.equal(new Set(asks).size, asks.length);
    }
  }));
});

Deno.test("whoever is well begins at once, however many others fail and hang", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(delivery, { minLength: 1 }), { minLength: 1, maxLength: 20 }),
      delivery,
      (failing, one) => {
        const bad = failing.map((due, i) => ({
          lane: `bad${i}`,
          isFailing: true,
          due: due.map((d, j) => ({ ...d, id: `${i}.${j}` })),
        }));
        const hanging = pickDue(bad, []);
        const picked = pickDue(
          [...bad, { lane: "well", isFailing: false, due: [{ ...one, id: "x" }] }],
          hanging,
        );
        assert.ok(picked.some(({ lane }) => lane === "well"));
      },
    ),
  );
});

Deno.test("of one ask what happened first goes first, and nothing else of it beside it", () => {
  const due = [5, 3, 4].map((seq) => ({ id: `d${seq}`, askId: "a", seq }));
  const other = { id: "o", askId: "b", seq: 1 };
  const picked = pickDue([{ lane: "l", isFailing: false, due: [...due, other] }], []);
  assert.deepEqual(picked.map(({ id }) => id), ["d3", "o"]);
  assert.deepEqual(pickDue([{ lane: "l", isFailing: false, due }], picked), []);
});

Deno.test("something begins wherever something may", () => {
  fc.assert(fc.property(lanes, (now) => {
    const hasDue = now.some(({ due }) => due.length > 0);
    assert.equal(pickDue(now, []).length > 0, hasDue);
  }));
});
