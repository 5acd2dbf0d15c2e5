/**
 * Every scenario folder, twice: as it is, and with every object evicted between every two steps (O4). `UPDATE=1` writes
 * what came into `expected.json` instead of comparing.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startPlane } from "../fake/plane.ts";
import { openRunnerYard } from "../fake/scripted_runner.ts";
import { playScenario } from "./play.ts";
import { readScenarios } from "./script.ts";

/** Scenarios have their own projects, so several may run at once; more than the cores gains nothing. */
const AT_ONCE = 4;

Deno.test({
  name: "scenarios end as expected",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async (t) => {
    await using plane = await startPlane();
    await using yard = await openRunnerYard(plane);
    const scenarios = await readScenarios(import.meta.dirname!);
    const isUpdate = Deno.env.get("UPDATE") === "1";
    for (const isForgetful of isUpdate ? [false] : [false, true]) {
      const waiting = scenarios.map((scenario) => async () => {
        const name = scenario.name +
          (isForgetful ? ", with every object evicted between every two steps" : "");
        await t.step({
          name,
          sanitizeOps: false,
          sanitizeResources: false,
          sanitizeExit: false,
          fn: async () => {
            const ended = await playScenario(plane, yard, scenario, isForgetful);
            if (!isUpdate) return assert.deepEqual(ended, scenario.expected);
            await Deno.writeTextFile(
              join(scenario.folder, "expected.json"),
              JSON.stringify(ended, null, 2) + "\n",
            );
          },
        });
      });
      const lanes = Array.from({ length: AT_ONCE }, async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
      });
      await Promise.all(lanes);
    }
  },
});
