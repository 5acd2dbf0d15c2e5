/** What a runner knows of agent CLIs, over a sandbox that only says a version, and a probe that is counted. */
import assert from "node:assert/strict";
import { DummyContainer, DummyWorld } from "../container/dummy_container.ts";
import { CAPABILITY_CHECKS, type CapabilityRecord } from "../domain/agent/capability.ts";
import { sessionHarnessByName } from "../harness/mod.ts";
import { lockRunner } from "../job/runner_lock.ts";
import { systemClock } from "../job/system_clock.ts";
import type { ContainerSpec } from "../ports.ts";
import { adapterVersion } from "./adapter_version.ts";
import { type CapabilityDeskDeps, createCapabilityDesk } from "./capability_desk.ts";
import { openCapabilityRecords } from "./capability_records.ts";
import type { probeHarness } from "./harness_probe.ts";
import { harnessDoctor } from "./probe_command.ts";
import { ProbeFault } from "./probe_sandbox.ts";

const IMAGE = "localhost/agent:1";

/** Its programs say what `said` is. */
class SayingContainer extends DummyContainer {
  started = 0;
  said = "2.1.197 (Claude Code)";
  readonly world: DummyWorld;

  constructor(world = new DummyWorld()) {
    super({ world, instance: "test", clock: systemClock });
    this.world = world;
    world.images.add(IMAGE);
  }

  override create(spec: ContainerSpec) {
    this.started++;
    return super.create({ ...spec, env: { DUMMY_OUTPUT: this.said } });
  }
}

function record(failed: readonly string[] = []): CapabilityRecord {
  return {
    harness: "claude",
    cliVersion: "2.1.197",
    adapter: adapterVersion(sessionHarnessByName("claude")),
    image: IMAGE,
    probedAtMs: Date.now(),
    checks: CAPABILITY_CHECKS.map((name) => ({
      name,
      outcome: failed.includes(name) ? "failed" : "ok",
      expected: "all",
      seen: failed.includes(name) ? "nothing" : "all",
      ms: 1,
    })),
  };
}

interface Stage {
  readonly dataDir: string;
  readonly runtime: SayingContainer;
  readonly events: readonly (readonly [string, unknown])[];
  readonly probes: () => number;
  desk(probe?: typeof probeHarness): ReturnType<typeof createCapabilityDesk>;
}

async function withStage(body: (stage: Stage) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir();
  const events: [string, unknown][] = [];
  const runtime = new SayingContainer();
  let probes = 0;
  try {
    await body({
      dataDir,
      runtime,
      events,
      probes: () => probes,
      desk(probe = () => Promise.resolve(record())) {
        const deps: CapabilityDeskDeps = {
          runtime,
          dataDir,
          uid: 0,
          clock: systemClock,
          log: (event, fields) => events.push([event, fields]),
          probe: (...args) => {
            probes++;
            return probe(...args);
          },
        };
        return createCapabilityDesk(deps);
      },
    });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("an unknown version is probed once, and known to the next runner; its image is asked once for it", async () => {
  await withStage(async ({ desk, probes, runtime, events, dataDir }) => {
    const first = desk();
    assert.equal(first.known("claude"), null);
    assert.deepEqual(await first.judge("claude", IMAGE), { kind: "session", lacks: [] });
    assert.deepEqual(await first.judge("claude", IMAGE), { kind: "session", lacks: [] });
    assert.deepEqual(first.known("claude"), { kind: "session", lacks: [] });
    assert.deepEqual([probes(), runtime.started], [1, 1]);
    assert.deepEqual((await runtime.list()).length, 0, "no sandbox is left");
    const next = desk();
    assert.deepEqual(await next.judge("claude", IMAGE), { kind: "session", lacks: [] });
    assert.equal(probes(), 1);
    const said = { harness: "claude", version: "2.1.197", verdict: "session", lacks: "" };
    assert.deepEqual(events, [
      ["harness_probing", { harness: "claude", version: "2.1.197" }],
      ["harness_judged", said],
      ["harness_judged", said],
    ]);
    const { mode } = await Deno.stat(`${dataDir}/harness/claude-2.1.197.json`);
    assert.equal((mode ?? 0) & 0o777, 0o600);
  });
});

Deno.test("a record of another adapter, and one that cannot be read, count for nothing", async () => {
  await withStage(async ({ desk, probes, dataDir }) => {
    const records = openCapabilityRecords(dataDir);
    await records.save({ ...record(["boot"]), adapter: "0.0.0+other" });
    assert.deepEqual(await desk().judge("claude", IMAGE), { kind: "session", lacks: [] });
    assert.equal(probes(), 1);
    for (const text of ["{", '{"format":2}', JSON.stringify({ format: 1, ...record(), extra: 1 })]) {
      await Deno.writeTextFile(`${dataDir}/harness/claude-2.1.197.json`, text);
      const before = probes();
      assert.deepEqual(await desk().judge("claude", IMAGE), { kind: "session", lacks: [] });
      assert.equal(probes(), before + 1, text);
    }
  });
});

Deno.test("what a probe finds is the verdict, and the doctor's", async () => {
  await withStage(async ({ desk, dataDir, events }) => {
    const one = desk(() => Promise.resolve(record(["hooks", "resume_exact", "resume_latest"])));
    const verdict = { kind: "structured", lacks: ["hooks", "resume"] };
    assert.deepEqual(await one.judge("claude", IMAGE), verdict);
    assert.deepEqual(one.known("claude"), verdict);
    assert.deepEqual(events.at(-1), ["harness_judged", {
      harness: "claude",
      version: "2.1.197",
      verdict: "structured",
      lacks: "hooks, resume",
    }]);
    const [line] = await harnessDoctor(dataDir);
    assert.equal(line?.isOk, false);
    assert.match(
      line!.detail,
      /lacks hooks, resume: it is run without a terminal; 'runner harness probe claude'/,
    );
    await openCapabilityRecords(dataDir).save(record(["boot"]));
    assert.deepEqual(await one.judge("claude", IMAGE), { kind: "unavailable", why: "boot: nothing" });
    assert.equal((await harnessDoctor(dataDir))[0]?.disables, "this agent");
    await openCapabilityRecords(dataDir).save({ ...record(), adapter: "another" });
    assert.deepEqual(await harnessDoctor(dataDir), []);
  });
});

Deno.test("what does not hold is tried twice, and again a day later; what holds stands", async () => {
  await withStage(async ({ desk, probes, dataDir }) => {
    const found = [record(["paste"]), record()];
    const verdict = await desk(() => Promise.resolve(found[probes() - 1]!)).judge("claude", IMAGE);
    assert.deepEqual([verdict, probes()], [{ kind: "session", lacks: [] }, 2]);
    const old = Date.now() - 86_400_001;
    const records = openCapabilityRecords(dataDir);
    await records.save({ ...record(), probedAtMs: old });
    assert.equal((await desk().judge("claude", IMAGE))?.kind, "session");
    assert.equal(probes(), 2);
    await records.save({ ...record(["paste"]), probedAtMs: Date.now() });
    assert.equal((await desk().judge("claude", IMAGE))?.kind, "structured");
    assert.equal(probes(), 2);
    await records.save({ ...record(["paste"]), probedAtMs: old });
    assert.equal((await desk().judge("claude", IMAGE))?.kind, "session");
    assert.equal(probes(), 3);
  });
});

Deno.test("a fault of this machine is no record: nobody knows, and it is asked again", async () => {
  await withStage(async ({ desk, probes, events, dataDir }) => {
    const one = desk(() => Promise.reject(new ProbeFault("no room on the disk")));
    assert.equal(await one.judge("claude", IMAGE), null);
    assert.equal(await one.judge("claude", IMAGE), null);
    assert.equal(probes(), 2);
    assert.deepEqual(events.at(-1), ["harness_probe_failed", {
      harness: "claude",
      fault: "no room on the disk",
    }]);
    assert.deepEqual(await openCapabilityRecords(dataDir).list(), []);
  });
});

Deno.test("a CLI that says no version is judged by its probe, and no file is named after what it says", async () => {
  await withStage(async ({ desk, runtime, dataDir }) => {
    runtime.said = "../../etc/passwd";
    const found = { ...record(["version"]), cliVersion: "unknown" };
    const verdict = await desk(() => Promise.resolve(found)).judge("claude", IMAGE);
    assert.deepEqual(verdict, { kind: "unavailable", why: "version: nothing" });
    assert.deepEqual(await openCapabilityRecords(dataDir).list(), []);
    await assert.rejects(
      openCapabilityRecords(dataDir).save({ ...record(), cliVersion: "../1.2.3" }),
      /Cannot keep a record as the version must be/,
    );
  });
});

Deno.test("two runners that want the same version probe it once", async () => {
  await withStage(async ({ desk, probes }) => {
    const begun = Promise.withResolvers<void>();
    const slow = async () => {
      begun.resolve();
      await systemClock.sleep(100);
      return record();
    };
    const first = desk(slow).judge("claude", IMAGE);
    await begun.promise;
    const verdicts = await Promise.all([first, desk(slow).judge("claude", IMAGE)]);
    assert.deepEqual(verdicts.map((one) => one?.kind), ["session", "session"]);
    assert.equal(probes(), 1);
  });
});

Deno.test("a runner that ends breaks its probe off and waits until that has cleaned up", async () => {
  await withStage(async ({ desk, dataDir }) => {
    const begun = Promise.withResolvers<void>();
    let isClean = false;
    const one = desk(async ({ signal }) => {
      begun.resolve();
      await systemClock.sleep(60_000, signal).catch(() => undefined);
      await systemClock.sleep(20);
      isClean = true;
      throw new ProbeFault("the runner ends");
    });
    const judged = one.judge("claude", IMAGE);
    await begun.promise;
    await one.close();
    assert.equal(isClean, true);
    assert.equal(await judged, null);
    assert.deepEqual(await openCapabilityRecords(dataDir).list(), []);
  });
});

Deno.test("the lock of a probe is free afterwards, also of one that failed", async () => {
  await withStage(async ({ desk, dataDir }) => {
    await desk(() => Promise.reject(new ProbeFault("x"))).judge("claude", IMAGE);
    const lock = await lockRunner(`${dataDir}/harness/lock`);
    assert.notEqual(lock, null);
    lock?.[Symbol.dispose]();
  });
});

Deno.test("the adapter's version changes with what a CLI is started with", () => {
  const claude = sessionHarnessByName("claude");
  assert.equal(adapterVersion(claude), adapterVersion(claude));
  assert.notEqual(adapterVersion(claude), adapterVersion({ ...claude, pasteSettleMs: 1 }));
  assert.notEqual(adapterVersion(claude), adapterVersion({ ...claude, getCommand: () => ["claude"] }));
  assert.notEqual(
    adapterVersion(claude),
    adapterVersion({ ...claude, hooks: () => [{ path: ".claude/settings.json", text: "{}" }] }),
  );
});
