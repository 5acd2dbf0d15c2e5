/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { DEFAULT_TIMING } from "./domain/timing.ts";
import { type Env, readConfig } from "./env.ts";

const read = (settings: Partial<Record<keyof Env, string>>) => readConfig(settings as unknown as Env).timing;

Deno.test("what is not set, or set to nothing, is the default", () => {
  assert.deepEqual(read({}), DEFAULT_TIMING);
  assert.deepEqual(read({ SHOPFLOOR_LEASE_MS: "", SHOPFLOOR_ATTEMPTS_MAX: " " }), DEFAULT_TIMING);
});

Deno.test("each setting is read from its own variable", () => {
  assert.deepEqual(
    read({
      SHOPFLOOR_LEASE_MS: "3000",
      SHOPFLOOR_HEARTBEAT_MS: "1000",
      SHOPFLOOR_RUN_GRACE_MS: "500",
      SHOPFLOOR_ATTEMPTS_MAX: "7",
      SHOPFLOOR_RUNS_PER_JOB_MAX: "9",
    }),
    { leaseMs: 3_000, heartbeatMs: 1_000, runGraceMs: 500, attemptsMax: 7, runsPerJobMax: 9 },
  );
});

Deno.test("a setting that is none is refused, and the message names it", () => {
  const rows: [keyof Env, string, RegExp][] = [
    ["SHOPFLOOR_LEASE_MS", "90s", /SHOPFLOOR_LEASE_MS must be a whole number from 1000 to .*'90s'/],
    ["SHOPFLOOR_LEASE_MS", "-1", /SHOPFLOOR_LEASE_MS .*'-1'/],
    ["SHOPFLOOR_HEARTBEAT_MS", "1.5", /SHOPFLOOR_HEARTBEAT_MS .*'1.5'/],
    ["SHOPFLOOR_ATTEMPTS_MAX", "0", /SHOPFLOOR_ATTEMPTS_MAX must be a whole number from 1 to 1000.*'0'/],
    ["SHOPFLOOR_RUNS_PER_JOB_MAX", "1e3", /SHOPFLOOR_RUNS_PER_JOB_MAX .*'1e3'/],
    ["SHOPFLOOR_RUN_GRACE_MS", "999999999999999", /SHOPFLOOR_RUN_GRACE_MS .*from 0 to 86400000/],
    ["SHOPFLOOR_LEASE_MS", "50000", /at least three times SHOPFLOOR_HEARTBEAT_MS: .*50000 and 20000/],
  ];
  for (const [variable, value, says] of rows) {
    assert.throws(() => read({ [variable]: value }), says, `${variable}=${value}`);
  }
});
