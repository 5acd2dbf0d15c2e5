/** 60 kills over 24 tasks of three stations: Worker, runners and history, each with SIGKILL, at random moments. */
import assert from "node:assert/strict";
import { runStorm } from "./storm.ts";

Deno.test({
  name:
    "after 60 kills over 24 tasks every task ended as its script says, no run started twice, nothing acknowledged is missing",
  // The programs that it starts are stopped by their keepers.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const report = await runStorm({
      seed: 20_261_121,
      tasks: 24,
      kills: 60,
      maxMs: 230_000,
      say: (line) => console.log(line),
    });
    console.log(JSON.stringify({ ...report, faults: report.faults.length }));
    assert.deepEqual(report.faults, []);
    assert.equal(Object.values(report.kills).reduce((sum, kills) => sum + kills, 0), 60);
  },
});
