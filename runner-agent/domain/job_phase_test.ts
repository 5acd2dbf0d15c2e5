import assert from "node:assert/strict";
import fc from "fast-check";
import type { Worktree } from "../ports.ts";
import {
  type ContainerSight,
  type LeaseSight,
  nextStep,
  type RunPhase,
  type RunView,
  type Step,
  type StopReason,
} from "./job_phase.ts";
import { decideReport, type TerminalReport } from "./outcome.ts";

const COMMIT = "0".repeat(40);
const worktree: Worktree = {
  worktreeDir: "/w",
  mounts: [],
  branch: "task-x",
  baseCommit: COMMIT,
  startCommit: COMMIT,
};

/** The world outside of the journal: it survives a crash of the runner, as containers and the control plane do. */
interface World {
  container: ContainerSight;
  starts: number;
  /** Starts since the last time that a container was removed to be suspended. */
  unfinishedStarts: number;
  suspends: number;
  follows: number;
  leaseTruth: "standing" | "lost";
  readonly reportsSent: TerminalReport[];
}

/** One life of the runner: from the journal's phase until it rests, or until it crashes. */
function live(
  world: World,
  journal: { phase: RunPhase },
  crashes: Iterator<number>,
  script: RunScript,
): "rested" | "crashed" {
  let lease: LeaseSight = "unknown";
  let stop: StopReason | null = null;
  let wish: RunView["wish"] = null;
  for (let steps = 0; steps < 80; steps++) {
    const step = nextStep(journal.phase, { container: world.container, lease, stop, wish });
    if (step.kind === "rest") return "rested";
    const crash = crashes.next().value ?? 2;
    if (crash === 0) return "crashed"; // before it acts
    if (script.suspendAt === steps) wish = "suspend";
    const phase = perform(step, world, journal.phase, script, (seen) => lease = seen);
    if (script.stopAt === steps) stop = script.stop;
    if (crash === 1) return "crashed"; // after it has acted, before it has written
    if (phase !== null) journal.phase = phase;
    if (phase?.kind === "suspended" || phase?.kind === "prepared") wish = null;
    if (step.kind === "await_resume") {
      if (stop === null && script.stop !== null) stop = script.stop;
      wish = "resume";
    }
  }
  throw new Error("the run never comes to rest");
}

interface RunScript {
  readonly exitsBeforeFollow: boolean;
  readonly vanishes: boolean;
  readonly stop: StopReason | null;
  readonly stopAt: number;
  readonly suspendAt: number;
}

function perform(
  step: Step,
  world: World,
  phase: RunPhase,
  script: RunScript,
  seeLease: (lease: LeaseSight) => void,
): RunPhase | null {
  switch (step.kind) {
    case "confirm_lease":
      seeLease(world.leaseTruth);
      return null;
    case "prepare":
      return { kind: "prepared", worktree };
    case "create":
      if (world.container === "absent") world.container = "created";
      return { kind: "created", worktree: step.worktree, containerId: "c" };
    case "record_start":
      return { kind: "started", worktree: step.worktree, containerId: step.containerId, startedAtMs: 0 };
    case "start":
      assert.equal(world.container, "created");
      assert.equal(phase.kind, "started");
      world.starts++;
      world.unfinishedStarts++;
      assert.equal(world.unfinishedStarts, 1, "a container is started once");
      world.container = script.vanishes ? "absent" : script.exitsBeforeFollow ? "exited" : "running";
      return null;
    case "suspend":
      world.suspends++;
      world.unfinishedStarts = 0;
      world.container = "absent";
      return null;
    case "await_resume":
      return null;
    case "follow":
      if (script.suspendAt > 0 && world.follows++ < script.suspendAt) return null;
      world.container = "exited";
      return { kind: "exited", worktree, ending: { kind: "exited", exitCode: 0, wasKilledForMemory: false } };
    case "stop":
      world.container = "exited";
      return null;
    case "harvest":
      return {
        kind: "harvested",
        worktree: step.phase.worktree,
        ending: step.phase.ending,
        harvest: { kind: "none" },
        conclusion: { kind: "none" },
      };
    case "conclude":
      return {
        kind: "pushed",
        report: decideReport({
          ...step.phase,
          baseCommit: null,
          pushError: null,
          autoGit: false,
          isAgent: false,
          commitMessageTemplate: "",
        }),
      };
    case "report":
      world.reportsSent.push(step.report);
      return { kind: "reported", delivery: "accepted" };
    case "clean":
      world.container = "absent";
      return { kind: "cleaned" };
    case "record":
      return step.phase;
    case "rest":
      return null;
  }
}

const scripts = fc.record({
  exitsBeforeFollow: fc.boolean(),
  vanishes: fc.boolean(),
  stop: fc.constantFrom<StopReason | null>(null, "cancelled", "runner_stopped", "timeout"),
  stopAt: fc.integer({ min: 0, max: 12 }),
  suspendAt: fc.integer({ min: 0, max: 12 }),
});

Deno.test("a sandbox starts at most once, another only after it was suspended, and a run always comes to rest, wherever the runner crashes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 60 }),
      scripts,
      fc.constantFrom<"standing" | "lost">("standing", "lost"),
      (crashes, script, leaseTruth) => {
        const world: World = {
          container: "absent",
          starts: 0,
          unfinishedStarts: 0,
          suspends: 0,
          follows: 0,
          leaseTruth,
          reportsSent: [],
        };
        const journal: { phase: RunPhase } = { phase: { kind: "claimed" } };
        const random = crashes[Symbol.iterator]();
        while (live(world, journal, random, script) === "crashed");
        assert.ok(world.starts <= 1 + world.suspends, `started ${world.starts} times`);
        assert.equal(journal.phase.kind, "cleaned");
        assert.equal(world.container, "absent");
        if (leaseTruth === "lost") assert.equal(world.starts, 0);
        else {
          assert.ok(world.reportsSent.length >= 1);
          // Sent again after a crash, a report says the same.
          for (const report of world.reportsSent) assert.deepEqual(report, world.reportsSent[0]);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("a container that is gone after its start was written is lost and never made again", () => {
  const phase: RunPhase = { kind: "started", worktree, containerId: "c", startedAtMs: 0 };
  assert.deepEqual(nextStep(phase, { container: "absent", lease: "standing", stop: null, wish: null }), {
    kind: "record",
    phase: { kind: "exited", worktree, ending: { kind: "lost" } },
  });
});

Deno.test("a container that was created and has never run is started after a crash between the two", () => {
  const phase: RunPhase = { kind: "started", worktree, containerId: "c", startedAtMs: 0 };
  assert.deepEqual(nextStep(phase, { container: "created", lease: "standing", stop: null, wish: null }), {
    kind: "start",
    phase,
  });
});

Deno.test("nothing is created or started for a lease that is not known to stand", () => {
  const early: RunPhase[] = [
    { kind: "claimed" },
    { kind: "prepared", worktree },
    { kind: "created", worktree, containerId: "c" },
    { kind: "started", worktree, containerId: "c", startedAtMs: 0 },
  ];
  for (const phase of early) {
    const step = nextStep(phase, { container: "created", lease: "unknown", stop: null, wish: null });
    assert.equal(step.kind, "confirm_lease", phase.kind);
  }
});

Deno.test("a running container is followed while the control plane cannot be asked", () => {
  const phase: RunPhase = { kind: "started", worktree, containerId: "c", startedAtMs: 0 };
  assert.equal(
    nextStep(phase, { container: "running", lease: "unknown", stop: null, wish: null }).kind,
    "follow",
  );
});

Deno.test("a run whose lease is lost is cleaned up without a report", () => {
  const step = nextStep(
    { kind: "exited", worktree, ending: { kind: "stopped", reason: "lease_lost" } },
    { container: "exited", lease: "lost", stop: null, wish: null },
  );
  assert.deepEqual(step, { kind: "record", phase: { kind: "reported", delivery: "refused" } });
});
