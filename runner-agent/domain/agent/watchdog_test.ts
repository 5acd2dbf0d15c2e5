import assert from "node:assert/strict";
import { CALM, watchSandbox } from "./watchdog.ts";

const LIMITS = { memoryBytes: 1_000 * 1_048_576, pids: 100 };
const use = (mebibytes: number, processes = 1) => ({ memoryBytes: mebibytes * 1_048_576, processes });

Deno.test("watchSandbox lets one look over a limit pass, as a program that forks counts twice", () => {
  const first = watchSandbox(CALM, use(1_500), LIMITS);
  assert.equal(first.fault, null);
  const second = watchSandbox(first.state, use(900), LIMITS);
  assert.deepEqual([second.fault, second.state], [null, CALM]);
});

Deno.test("watchSandbox names the limit after two looks in a row", () => {
  const first = watchSandbox(CALM, use(1_001), LIMITS);
  assert.deepEqual(watchSandbox(first.state, use(1_200), LIMITS).fault, {
    limit: "memory",
    message: "its processes took 1200 MiB of memory where 1000 MiB are allowed",
  });
  const many = watchSandbox(CALM, use(1, 101), LIMITS);
  assert.deepEqual(watchSandbox(many.state, use(1, 150), LIMITS).fault, {
    limit: "processes",
    message: "it had 150 processes where 100 are allowed",
  });
});

Deno.test("watchSandbox does not wait at twice the limit, and leaves alone what is at it", () => {
  assert.equal(watchSandbox(CALM, use(2_000), LIMITS).fault?.limit, "memory");
  assert.equal(watchSandbox(CALM, use(1, 200), LIMITS).fault?.limit, "processes");
  assert.deepEqual(watchSandbox(CALM, use(1_000, 100), LIMITS), { state: CALM, fault: null });
});
