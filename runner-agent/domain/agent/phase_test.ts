/// <reference lib="deno.ns" />
/** The table of phases (Runtime 1.5) and its closed gaps. */
import assert from "node:assert/strict";
import { type AgentPhase, type AgentPhaseEvent, deleteAgent, movePhase } from "./phase.ts";

const PHASES: readonly AgentPhase[] = [
  { kind: "created" },
  { kind: "provisioning" },
  { kind: "starting", isResume: false },
  { kind: "running" },
  { kind: "stopping", cause: "stopped" },
  { kind: "stopped", exitCode: 0, isForced: false },
  { kind: "suspended" },
  { kind: "error", message: "x", exitCode: null },
];
const EVENTS: readonly AgentPhaseEvent[] = [
  { kind: "provision" },
  { kind: "start" },
  { kind: "up" },
  { kind: "stop" },
  { kind: "exited", exitCode: 0 },
  { kind: "exited", exitCode: 3 },
  { kind: "killed" },
  { kind: "suspend", supportsResume: true },
  { kind: "suspend", supportsResume: false },
  { kind: "resume" },
  { kind: "fail", message: "no" },
  { kind: "adopt" },
  { kind: "delete" },
];
/** The document's table. */
const TABLE: Readonly<Record<AgentPhase["kind"], readonly AgentPhase["kind"][]>> = {
  created: ["provisioning"],
  provisioning: ["starting", "error"],
  starting: ["running", "error"],
  running: ["stopping", "suspended", "error"],
  stopping: ["stopped"],
  stopped: ["provisioning"],
  suspended: ["starting"],
  error: ["provisioning"],
};

Deno.test("every pair of a phase and an event has an answer, and goes along the table only", () => {
  const seen = new Set<string>();
  for (const phase of PHASES) {
    for (const event of EVENTS) {
      const moved = movePhase(phase, event);
      if (!moved.ok) {
        assert.equal(moved.error.phase, phase.kind);
        assert.match(moved.error.message, /^Cannot .+ as .+: current value is \w+$/);
        continue;
      }
      let from = phase.kind;
      for (const next of moved.value.through) {
        // The same phase with another cause is no edge.
        if (from !== next.kind) {
          assert.ok(TABLE[from].includes(next.kind), `${from} -> ${next.kind} by ${event.kind}`);
          seen.add(`${from}>${next.kind}`);
        }
        from = next.kind;
      }
    }
  }
  const edges = Object.entries(TABLE).flatMap(([from, list]) => list.map((one) => `${from}>${one}`));
  assert.deepEqual([...seen].sort(), edges.sort(), "each edge is taken by some event");
});

Deno.test("a harness that ends by itself passes through stopping; one that fails is an error", () => {
  const ended = movePhase({ kind: "running" }, { kind: "exited", exitCode: 0 });
  assert.deepEqual(ended.ok && ended.value.through, [
    { kind: "stopping", cause: "exited" },
    { kind: "stopped", exitCode: 0, isForced: false },
  ]);
  const failed = movePhase({ kind: "running" }, { kind: "exited", exitCode: 9 });
  assert.deepEqual(failed.ok && failed.value.through.map((one) => one.kind), ["error"]);
});

Deno.test("a stop that needed KILL ends in stopped with 137", () => {
  const killed = movePhase({ kind: "stopping", cause: "stopped" }, { kind: "killed" });
  assert.deepEqual(killed.ok && killed.value.through, [{ kind: "stopped", exitCode: 137, isForced: true }]);
});

Deno.test("delete cancels who is coming up, stops who runs, and removes who is over", () => {
  const cancelled = movePhase({ kind: "starting", isResume: false }, { kind: "delete" });
  assert.deepEqual(cancelled.ok && [cancelled.value.through[0]?.kind, cancelled.value.isRemoved], [
    "error",
    true,
  ]);
  const running = movePhase({ kind: "running" }, { kind: "delete" });
  assert.deepEqual(running.ok && running.value, {
    through: [{ kind: "stopping", cause: "deleted" }],
    isRemoved: false,
  });
  const over = movePhase({ kind: "stopping", cause: "deleted" }, { kind: "exited", exitCode: 143 });
  assert.equal(over.ok && over.value.isRemoved, true);
});

Deno.test("start is refused while an agent runs, starts or is suspended", () => {
  for (const kind of ["running", "suspended"] as const) {
    const refused = movePhase({ kind }, { kind: "provision" });
    assert.equal(refused.ok, false);
  }
});

Deno.test("a person deletes what is not at work, and what is at work only together with a stop", () => {
  const answers = (stop: boolean) =>
    PHASES.map((phase) => {
      const moved = deleteAgent(phase, stop);
      return `${phase.kind} ${
        moved.ok ? moved.value.through.map(({ kind }) => kind).join() || "gone" : "refused"
      }`;
    });
  assert.deepEqual(answers(false), [
    "created gone",
    "provisioning refused",
    "starting refused",
    "running refused",
    "stopping stopping",
    "stopped gone",
    "suspended gone",
    "error gone",
  ]);
  assert.deepEqual(answers(true).slice(1, 4), ["provisioning error", "starting error", "running stopping"]);
});
