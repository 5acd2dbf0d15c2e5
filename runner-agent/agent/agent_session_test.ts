/** A session against a terminal and a clock that tests move: what it does, in which order, and what a crash leaves. */
import assert from "node:assert/strict";
import { settled } from "../../test/fake/manual_clock.ts";
import type { SessionState } from "../domain/agent/session_state.ts";
import { COMMAND, counting, kinds, NO_USAGE, rig, working } from "./session_test_world.ts";

Deno.test("the task is pasted once the tools were listed, and confirmed by the prompt's hook", async () => {
  const world = await rig();
  await world.session.boot(null);
  await world.clock.pass(30_000);
  assert.deepEqual(world.terminal.done, []);
  await world.session.onToolsListed();
  await settled();
  assert.deepEqual(world.terminal.done, ["submit the task"]);
  assert.deepEqual(kinds(world), ["task-1 pasted"]);
  await world.hook("UserPromptSubmit", { prompt: "the task\n" });
  assert.deepEqual(kinds(world), ["task-1 confirmed"]);
  assert.deepEqual(world.events.filter((one) => one.type === "message").map((one) => one.payload.state), [
    "queued",
    "pasted",
    "confirmed",
  ]);
  world.stop();
});

Deno.test("an agent that never lists its tools is ended with 1, and the reason is kept", async () => {
  const world = await rig();
  await world.session.boot(null);
  await world.clock.pass(60_001);
  assert.equal(world.terminal.done[0], "finish 1");
  assert.match(world.session.state.finish?.message ?? "", /did not list its tools within 60 s/);
  world.stop();
});

Deno.test("a session ends with 0 a while after its turn, and again until the sandbox has ended", async () => {
  const world = await working();
  await world.hook("Stop", { last_assistant_message: "made it" });
  await world.clock.pass(1_000);
  assert.ok(!world.terminal.done.includes("finish 0"));
  await world.clock.pass(1_000);
  assert.equal(world.terminal.done.at(-1), "finish 0");
  await world.clock.pass(8_001);
  assert.equal(world.terminal.done.filter((one) => one === "finish 0").length, 2);
  await world.session.end(0, false);
  assert.equal(world.session.state.phase.kind, "stopped");
  world.stop();
});

Deno.test("somebody who is attached keeps the session open; a failed turn ends it with 1", async () => {
  const world = await working();
  world.terminal.isWatched = true;
  await world.hook("Stop");
  await world.clock.pass(60_000);
  assert.ok(!world.terminal.done.some((one) => one.startsWith("finish")));
  world.terminal.isWatched = false;
  await world.clock.pass(3_000);
  assert.equal(world.terminal.done.at(-1), "finish 0");
  world.stop();
  const failed = await working();
  await failed.hook("StopFailure", { error: "overloaded" });
  await failed.clock.pass(2_000);
  assert.equal(failed.terminal.done.at(-1), "finish 1");
  assert.equal(failed.session.state.finish?.message, "overloaded");
  failed.stop();
});

Deno.test("an agent that waits for a person is not ended by its turn's end, also over a crash, until it was answered", async () => {
  const before = await working();
  await before.session.declare("waiting", "which port?");
  const world = await before.crash();
  await world.hook("Stop");
  await world.clock.pass(60_000);
  assert.ok(!world.terminal.done.some((one) => one.startsWith("finish")));
  await world.hook("UserPromptSubmit", { prompt: "8080" });
  await world.hook("Stop");
  await world.clock.pass(2_000);
  assert.equal(world.terminal.done.at(-1), "finish 0");
  world.stop();
  const blocked = await working();
  await blocked.session.declare("blocked", "no key");
  await blocked.hook("Stop");
  await blocked.clock.pass(2_000);
  assert.equal(blocked.terminal.done.at(-1), "finish 1");
  assert.equal(blocked.session.state.finish?.message, "the agent is blocked: no key");
  blocked.stop();
});

Deno.test("a message without a receipt is looked for on the screen once, and never pasted again", async () => {
  for (const stands of [true, false]) {
    const world = await working();
    await world.hook("Stop");
    world.terminal.text = stands ? "> hello there" : "> ";
    const sent = world.session.carryOut({
      ...COMMAND,
      commandId: "m1",
      kind: "message",
      text: "hello there",
      interrupt: false,
    });
    await settled();
    assert.equal(world.terminal.done.at(-1), "submit hello there");
    await world.clock.pass(5_001);
    assert.deepEqual(world.terminal.done.slice(-1), [stands ? "press Enter" : "screen"]);
    await world.clock.pass(5_001);
    assert.deepEqual(await sent, { outcome: "unconfirmed", detail: null });
    assert.equal(world.terminal.done.filter((one) => one === "submit hello there").length, 1);
    world.stop();
  }
});

Deno.test("a message that interrupts ends the turn, empties the box, and goes before what waits", async () => {
  const world = await working();
  const first = world.session.carryOut({
    ...COMMAND,
    commandId: "a",
    kind: "message",
    text: "one",
    interrupt: false,
  });
  await settled();
  // The CLI holds it until the turn is over.
  assert.deepEqual(kinds(world), ["task-1 confirmed", "a pasted"]);
  await world.hook("Stop");
  await world.hook("UserPromptSubmit", { prompt: "one" });
  assert.equal((await first).outcome, "confirmed");
  const urgent = world.session.carryOut({
    ...COMMAND,
    commandId: "b",
    kind: "message",
    text: "two",
    interrupt: true,
  });
  await settled();
  assert.equal(world.terminal.done.at(-1), "press Escape");
  assert.equal(world.session.state.turn.kind, "running");
  // Claude Code tells nothing of an interrupt: the session says so itself.
  await world.clock.pass(2_001);
  assert.deepEqual(world.terminal.done.slice(-2), ["press C-u C-u C-u", "submit two"]);
  await world.hook("UserPromptSubmit", { prompt: "two" });
  assert.equal((await urgent).outcome, "confirmed");
  world.stop();
});

Deno.test("a runner that is killed pastes nothing twice, and says so with the next message", async () => {
  const before = await rig();
  await before.session.boot(null);
  before.terminal.fails = true;
  await before.session.onToolsListed();
  await settled();
  assert.deepEqual(kinds(before), ["task-1 pasted"]);
  before.terminal.fails = false;
  const after = await before.crash();
  await after.session.adopt();
  await after.clock.pass(4_000);
  assert.deepEqual(after.terminal.done, []);
  await after.hook("UserPromptSubmit", { prompt: "the task" });
  assert.deepEqual(kinds(after), ["task-1 confirmed"]);
  const later = await after.crash();
  await later.session.adopt();
  void later.session.carryOut({
    ...COMMAND,
    commandId: "m",
    kind: "message",
    text: "go on",
    interrupt: false,
  }).catch(() => {});
  await settled();
  assert.match(later.terminal.done.at(-1) ?? "", /^submit \[Notice: the runner .+\]\n\ngo on$/);
  await later.session.end(0, true);
  later.stop();
});

Deno.test("the same command again, also in the next life, is the same message", async () => {
  const world = await working();
  const command = { ...COMMAND, commandId: "m", kind: "message", text: "x", interrupt: false } as const;
  const first = world.session.carryOut(command);
  await settled();
  await world.hook("Stop");
  await world.hook("UserPromptSubmit", { prompt: "x" });
  const outcome = await first;
  const after = await world.crash();
  assert.deepEqual(await after.session.carryOut(command), outcome);
  assert.equal(after.terminal.done.filter((one) => one === "submit x").length, 1);
  after.stop();
});

Deno.test("an agent that would end with work undone is told to go on, and as a message if it did not hear", async () => {
  const world = await working({ wantsToStop: () => Promise.resolve("commit first") });
  assert.deepEqual(await world.hook("Stop"), { decision: "block", reason: "commit first" });
  await world.clock.pass(5_000);
  assert.equal(world.terminal.done.length, 1);
  await world.clock.pass(5_001);
  assert.equal(world.terminal.done.at(-1), "submit commit first");
  world.stop();
});

Deno.test("a suspend interrupts, ends the harness, and the next one continues by the session's id", async () => {
  const world = await rig();
  await world.session.boot(null);
  await world.hook("SessionStart", { session_id: "s-1", source: "startup" });
  await world.session.onToolsListed();
  await settled();
  await world.hook("UserPromptSubmit", { prompt: "the task" });
  const suspending = world.session.suspend(world.terminal);
  await world.clock.pass(5_001);
  await suspending;
  assert.deepEqual(world.terminal.done.slice(-3), ["press Escape", "press C-u C-u C-u", "finish 0"]);
  await world.session.suspended();
  assert.equal(world.session.state.phase.kind, "suspended");
  const after = await world.crash();
  assert.deepEqual(await after.session.boot(null), { kind: "exact", sessionId: "s-1" });
  after.terminal.text = "half a conversation";
  await after.session.onToolsListed();
  await after.clock.pass(5_000);
  assert.ok(!after.terminal.done.at(-1)?.startsWith("submit"), "its box is not drawn");
  after.terminal.text = "a whole conversation\n❯ ";
  await after.clock.pass(1_000);
  assert.ok(!after.terminal.done.at(-1)?.startsWith("submit"), "it is not at rest");
  await after.clock.pass(1_000);
  assert.match(
    after.terminal.done.at(-1) ?? "",
    /^submit \[Notice: this agent was suspended while.+\]\n\nThis session was/s,
  );
  assert.deepEqual([after.session.state.resumed, after.session.state.boots], ["exact", 2]);
  after.stop();
});

Deno.test("a CLI that begins another session instead of continuing gets the task again", async () => {
  const world = await working();
  await world.hook("SessionStart", { session_id: "s-1", source: "startup" });
  await world.session.suspended();
  await world.session.boot("hello");
  await world.hook("SessionStart", { session_id: "s-2", source: "startup" });
  assert.equal(world.session.state.resumed, "fresh");
  assert.deepEqual(kinds(world).slice(1), ["resume-2 queued", "task-2 queued"]);
  world.stop();
});

Deno.test("a session that cannot be continued by its id is tried as the latest, then begun anew with the task", async () => {
  const world = await working();
  await world.hook("SessionStart", { session_id: "s-1", source: "startup" });
  await world.session.suspended();
  assert.equal((await world.session.boot(null))?.kind, "exact");
  assert.equal(await world.session.resumeFailed(), true);
  assert.equal((await world.session.boot(null))?.kind, "latest");
  assert.equal(await world.session.resumeFailed(), true);
  assert.equal(await world.session.boot(null), null);
  assert.equal(await world.session.resumeFailed(), false);
  await world.session.onToolsListed();
  await settled();
  assert.match(
    world.terminal.done.at(-1) ?? "",
    /^submit \[Notice: this station was begun before.+\]\n\nthe task$/s,
  );
  world.stop();
});

Deno.test("what the agent's tools and words are is told without our secrets", async () => {
  const world = await working();
  await world.hook("PreToolUse", {
    tool_name: "Bash",
    tool_use_id: "t",
    tool_input: { command: "echo s3cret" },
  });
  await world.hook("Stop", { last_assistant_message: "the s3cret" });
  const told = JSON.stringify(world.events);
  assert.doesNotMatch(told, /s3cret/);
  assert.deepEqual(world.events.filter((one) => one.type === "tool_call").length, 1);
  world.stop();
});

Deno.test("tokens beyond the budget end the session at the turn's end, far beyond it at once", async () => {
  const usage = { ...NO_USAGE, outputTokens: 110 };
  const budget = { tokens: 100, costUsd: null, turns: null, wallMs: null };
  const world = await working({
    budget,
    usageFiles: counting(usage),
  });
  await world.hook("PreToolUse", { tool_name: "Bash" });
  assert.ok(world.session.state.finish === null, "the turn goes on");
  await world.hook("Stop");
  await settled();
  assert.equal((world.session.state as SessionState).finish?.reason, "budget");
  world.stop();
  const far = await working({
    budget,
    usageFiles: counting({ ...usage, outputTokens: 200 }),
  });
  await far.hook("PreToolUse", { tool_name: "Bash" });
  assert.match(far.session.state.finish?.message ?? "", /budget of tokens/);
  far.stop();
});

Deno.test("a session does not end under a person who types from afar, also not in the runner's next life", async () => {
  const before = await working();
  await before.session.carryOut({ ...COMMAND, commandId: "k", kind: "keys", keys: ["h", "i"] });
  const world = await before.crash();
  await world.session.adopt();
  await world.hook("Stop");
  await world.clock.pass(100_000);
  assert.ok(!world.terminal.done.some((one) => one.startsWith("finish")), world.terminal.done.join());
  await world.clock.pass(20_001);
  assert.equal(world.terminal.done.at(-1), "finish 0");
  world.stop();
});

Deno.test("a box that is never drawn is given up in time and said so, and the task is pasted all the same", async () => {
  const faults: string[] = [];
  const world = await rig({ onFault: (name) => faults.push(name) });
  world.terminal.text = "another release";
  await world.session.boot(null);
  await world.session.onToolsListed();
  await world.clock.pass(19_000);
  assert.deepEqual([world.terminal.done, faults], [[], []]);
  await world.clock.pass(1_001);
  assert.deepEqual([world.terminal.done, faults], [["submit the task"], ["box_not_drawn"]]);
  world.stop();
});

Deno.test("a first boot is given nothing while its screen still changes", async () => {
  const world = await rig();
  world.terminal.text = "loading";
  await world.session.boot(null);
  await world.session.onToolsListed();
  await world.clock.pass(3_000);
  assert.deepEqual(world.terminal.done, []);
  world.terminal.text = "❯ ";
  await world.clock.pass(1_000);
  assert.deepEqual(world.terminal.done, ["submit the task"]);
  world.stop();
});
