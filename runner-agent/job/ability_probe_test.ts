/** What a runner says it can do, of a runtime that does not behave. */
import assert from "node:assert/strict";
import { DummyContainer, DummyWorld } from "../container/dummy_container.ts";
import { ABILITY_LOOK_MAX_MS } from "../limits.ts";
import { createAbilityProbe } from "./ability_probe.ts";
import { systemClock } from "./system_clock.ts";

Deno.test("a look that hangs is answered with nothing after a while, is not doubled, and counts when it ends", async () => {
  let looks = 0;
  const { promise: hanging, resolve } = Promise.withResolvers<void>();
  class HangingContainer extends DummyContainer {
    override async list() {
      looks++;
      await hanging;
      return await super.list();
    }
  }
  const waited: number[] = [];
  const currentAbility = createAbilityProbe({
    runtime: new HangingContainer({ world: new DummyWorld(), instance: "test", clock: systemClock }),
    ability: { harnesses: ["command"], forcedHarness: null, runtime: "dummy" },
    image: "image",
    clock: {
      nowMs: () => 0,
      sleep: (ms) => {
        waited.push(ms);
        return looks > 1 ? new Promise(() => {}) : Promise.resolve();
      },
    },
  });
  assert.deepEqual((await currentAbility()).harnesses, []);
  assert.deepEqual((await currentAbility()).harnesses, []);
  assert.deepEqual([looks, waited], [1, [ABILITY_LOOK_MAX_MS, ABILITY_LOOK_MAX_MS]]);
  resolve();
  await systemClock.sleep(50);
  assert.deepEqual((await currentAbility()).harnesses, ["command"]);
  assert.equal(looks, 1);
});
