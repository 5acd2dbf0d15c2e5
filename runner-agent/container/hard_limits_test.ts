import assert from "node:assert/strict";
import { hardLimitsOf, readHardLimits } from "./hard_limits.ts";

const TEXT = `Limit                     Soft Limit           Hard Limit           Units
Max processes             96365                96365                processes
Max open files            1024                 20000                files
`;

Deno.test("hardLimitsOf reads the hard column, and gives no more processes than Podman may", () => {
  assert.deepEqual(hardLimitsOf(TEXT), { openFiles: 20_000, processes: 32_768 });
  assert.deepEqual(hardLimitsOf(TEXT.replaceAll("96365", "400").replaceAll("20000", "unlimited")), {
    openFiles: 1_048_576,
    processes: 400,
  });
});

Deno.test("readHardLimits finds this process's own", () => {
  const { openFiles, processes } = readHardLimits();
  assert.ok(openFiles >= 64 && processes >= 64);
});
