import assert from "node:assert/strict";
import { costOf } from "./cost.ts";

const job = {
  rowsWritten: 16,
  calls: 12,
  messages: 10,
  outputBytes: 600_000,
  fullBytes: 600_000,
  emptyBytes: 4_096,
};

Deno.test("a million jobs cost what their counted operations cost, and their parts add up", () => {
  const cost = costOf(job, 1_000_000);
  assert.deepEqual([cost.rows, cost.r2Put].map((dollars) => Number(dollars.toFixed(6))), [16, 4.5]);
  assert.equal(cost.monthInR2.toFixed(6), "9.000000");
  assert.equal(cost.dayInObject.toFixed(6), "4.000000");
  assert.equal(cost.requests.toFixed(6), "1.875000");
  const parts = cost.rows + cost.requests + cost.duration + cost.r2Put + cost.dayInObject + cost.monthInR2;
  assert.equal(cost.total.toFixed(6), parts.toFixed(6));
});

Deno.test("a job without output pays for no object in R2", () => {
  const silent = costOf({ ...job, outputBytes: 0, messages: 0 }, 1_000_000);
  assert.deepEqual([silent.r2Put, silent.monthInR2], [0, 0]);
});
