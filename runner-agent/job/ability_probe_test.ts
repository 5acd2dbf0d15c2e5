/** What a runner says it can do, of a runtime that does not behave. */
import assert from "node:assert/strict";
import { DummyContainer, DummyWorld } from "../container/dummy_container.ts";
import type { SessionHarnessName } from "../agent_ports.ts";
import type { CapabilityVerdict } from "../domain/agent/capability.ts";
import { ABILITY_LOOK_MAX_MS, ABILITY_MEMO_MS } from "../limits.ts";
import type { ContainerSpec, HarnessName } from "../ports.ts";
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

const IMAGE = "localhost/agent-{harness}:1";

/** Programs are found in images that are there, whose ids can be changed. */
class ImageContainer extends DummyContainer {
  readonly ids = new Map<string, string>();
  looks = 0;

  constructor(harnesses: readonly HarnessName[]) {
    super({ world: new DummyWorld(), instance: "test", clock: systemClock });
    for (const name of harnesses) this.ids.set(IMAGE.replace("{harness}", name), "id 1");
  }

  override imageId(name: string) {
    return Promise.resolve(this.ids.get(name) ?? null);
  }

  override create(spec: ContainerSpec) {
    this.looks++;
    return super.create(spec);
  }
}

/** Time stands still but where the test moves it. */
function stage(harnesses: readonly HarnessName[], judge: Judge) {
  let nowMs = 0;
  const runtime = new ImageContainer(harnesses);
  const currentAbility = createAbilityProbe({
    runtime,
    ability: { harnesses, forcedHarness: null, runtime: "dummy" },
    image: IMAGE,
    clock: {
      nowMs: () => nowMs,
      sleep: (_ms, signal) =>
        new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
    },
    capabilities: { judge },
  });
  return {
    runtime,
    harnesses: async () => (await currentAbility()).harnesses,
    later: () => void (nowMs += ABILITY_MEMO_MS),
  };
}
type Judge = (name: SessionHarnessName, image: string) => Promise<CapabilityVerdict | null>;
const FINE: CapabilityVerdict = { kind: "session", lacks: [] };

Deno.test("an agent is offered once its version was judged, and judged again when its image is another one", async () => {
  const judged: string[] = [];
  const { runtime, harnesses, later } = stage(["claude"], (name, image) => {
    judged.push(`${name} ${image}`);
    return Promise.resolve(FINE);
  });
  assert.deepEqual(await harnesses(), ["claude"]);
  later();
  assert.deepEqual(await harnesses(), ["claude"]);
  assert.deepEqual(judged, ["claude localhost/agent-claude:1"]);
  assert.equal(runtime.looks, 1);
  runtime.ids.set("localhost/agent-claude:1", "id 2");
  later();
  assert.deepEqual(await harnesses(), ["claude"]);
  assert.equal(judged.length, 2);
});

Deno.test("who can do something else is not kept waiting by a probe, and offers the agent as soon as it is judged", async () => {
  const { promise, resolve } = Promise.withResolvers<CapabilityVerdict>();
  const { harnesses } = stage(["command", "claude"], () => promise);
  assert.deepEqual(await harnesses(), ["command"]);
  assert.deepEqual(await harnesses(), ["command"]);
  resolve({ kind: "structured", lacks: ["hooks"] });
  await promise;
  await systemClock.sleep(0);
  assert.deepEqual(await harnesses(), ["command", "claude"], "before the memo is old");
});

Deno.test("agents are judged one at a time, and one that cannot be used is never offered", async () => {
  let atOnce = 0;
  let most = 0;
  const verdicts: Record<string, CapabilityVerdict | null> = {
    claude: { kind: "unavailable", why: "boot: nothing" },
    codex: null,
    gemini: FINE,
  };
  const { harnesses, later } = stage(["claude", "codex", "gemini"], async (name) => {
    most = Math.max(most, ++atOnce);
    await systemClock.sleep(1);
    atOnce--;
    return verdicts[name] ?? null;
  });
  assert.deepEqual(await harnesses(), ["gemini"]);
  assert.equal(most, 1);
  // What nobody could find out is asked again.
  verdicts["codex"] = FINE;
  later();
  await harnesses();
  await systemClock.sleep(50);
  assert.deepEqual(await harnesses(), ["codex", "gemini"]);
});

Deno.test("without a desk an agent is taken as it is", async () => {
  const runtime = new ImageContainer(["claude"]);
  const currentAbility = createAbilityProbe({
    runtime,
    ability: { harnesses: ["claude"], forcedHarness: null, runtime: "dummy" },
    image: IMAGE,
    clock: systemClock,
  });
  assert.deepEqual((await currentAbility()).harnesses, ["claude"]);
});
