import assert from "node:assert/strict";
import { containerState, lifeOf, timeOf } from "./podman_state.ts";

const ZERO = "0001-01-01T00:00:00Z";
const AT = "2026-03-01T10:00:00.5+01:00";
const AT_MS = Date.UTC(2026, 2, 1, 9, 0, 0, 500);

const state = (Status: string, ExitCode = 0, StartedAt = AT, FinishedAt = ZERO) =>
  containerState({ Status, ExitCode, StartedAt, FinishedAt }, null);

Deno.test("containerState maps Podman's words to the four of the port", () => {
  const words = ["created", "initialized", "running", "paused", "stopping", "exited", "stopped", "removing"];
  assert.deepEqual(words.map((word) => state(word).status), [
    "created",
    "created",
    "running",
    "running",
    "running",
    "stopped",
    "stopped",
    "stopped",
  ]);
  assert.deepEqual([state("paused").isPaused, state("running").isPaused], [true, false]);
  assert.deepEqual([state("exited", 3).status, state("exited", 3).exitCode], ["error", 3]);
  assert.equal(lifeOf("configured"), "created");
});

Deno.test("containerState gives null for times that Podman calls the year 1", () => {
  assert.equal(timeOf(ZERO), null);
  assert.equal(timeOf("nonsense"), null);
  assert.deepEqual([state("running").startedAtMs, state("running").stoppedAtMs], [AT_MS, null]);
  assert.equal(state("created", 0, ZERO).startedAtMs, null);
});

Deno.test("containerState lets nothing end before it began", () => {
  const early = "2026-03-01T10:00:00.4+01:00";
  assert.equal(state("exited", 0, AT, early).stoppedAtMs, AT_MS);
});

Deno.test("containerState calls a created container whose start failed an error, without an exit code", () => {
  const raw = { Status: "created", ExitCode: 0, StartedAt: ZERO, FinishedAt: ZERO };
  assert.deepEqual(containerState(raw, "no such mount"), {
    status: "error",
    isPaused: false,
    exitCode: null,
    startedAtMs: null,
    stoppedAtMs: null,
    error: "no such mount",
    hostPid: null,
  });
});
