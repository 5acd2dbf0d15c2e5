import assert from "node:assert/strict";
import fc from "fast-check";
import { TOOLS_READY_MS } from "../limits.ts";
import { nextSessionStep } from "./agent/session_step.ts";
import { booted, newSession, type SessionState } from "./agent/session_state.ts";
import { notedCommand, setupCommand } from "./worktree_setup.ts";

Deno.test("the command stands at the end as it is, whatever the script and the notes are", () => {
  const words = fc.array(fc.string({ unit: "grapheme" }), { minLength: 1 });
  fc.assert(fc.property(words, fc.string(), words, (command, script, notes) => {
    const made = setupCommand(script, "/out", command);
    if (!made.ok) return assert(script.includes("\0"));
    assert.deepEqual(made.value.slice(-command.length), command);
    assert.equal(made.value.at(-command.length - 1), script);
    assert.deepEqual(notedCommand(notes, command).slice(-command.length), command);
  }));
  assert.deepEqual(notedCommand([], ["x"]), ["x"]);
});

Deno.test("the time in which an agent must have listed its tools begins after the setup of its first sandbox", () => {
  const budget = { tokens: null, costUsd: null, turns: null, wallMs: null };
  const started = (state: SessionState): SessionState => ({
    ...state,
    phase: { kind: "starting", isResume: false },
  });
  const first = started(booted(newSession(0), null, 0));
  const view = { nowMs: TOOLS_READY_MS, budget, hasConcluded: false, isAttached: false };
  assert.equal(nextSessionStep(first, view).kind, "finish");
  assert.notEqual(nextSessionStep(first, { ...view, setupMs: 1_000 }).kind, "finish");
  assert.equal(
    nextSessionStep(first, { ...view, setupMs: 1_000, nowMs: TOOLS_READY_MS + 1_000 }).kind,
    "finish",
  );
  const second = started(booted(first, null, 0));
  assert.equal(nextSessionStep(second, { ...view, setupMs: 1_000 }).kind, "finish");
});
