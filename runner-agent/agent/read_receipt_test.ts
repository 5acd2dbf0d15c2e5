/** Receipts of messages that a turn has read, which no hook tells but the CLI's own file. */
import assert from "node:assert/strict";
import { settled } from "../../test/fake/manual_clock.ts";
import type { PromptRead } from "../agent_ports.ts";
import type { AgentSessionDeps } from "./agent_session.ts";
import { COMMAND, countingNothing, kinds, type Rig, working } from "./session_test_world.ts";

/** A CLI's file, of which the test says what it tells next. */
function telling() {
  let told: PromptRead[] = [];
  const files: AgentSessionDeps["usageFiles"] = {
    ...countingNothing(),
    takeRead() {
      const taken = told;
      told = [];
      return taken;
    },
  };
  return { files, tell: (prompt: string, atMs: number) => void told.push({ prompt, atMs }) };
}

function say(world: Rig, text: string) {
  return world.session.carryOut({ ...COMMAND, commandId: text, kind: "message", text, interrupt: false });
}

Deno.test("a message that the turn has read is confirmed in this turn, at the next hook", async () => {
  const { files, tell } = telling();
  const world = await working({ usageFiles: files });
  const sent = say(world, "hello");
  await settled();
  tell("hello\n", world.clock.nowMs());
  await world.hook("PreToolUse", { tool_name: "Bash" });
  assert.deepEqual(await sent, { outcome: "confirmed", detail: "turn 1" });
  assert.equal(world.session.state.turns, 1);
  world.stop();
});

Deno.test("a receipt that the file tells after the turn's last hook is found in seconds, and begins no turn", async () => {
  const { files, tell } = telling();
  const world = await working({ usageFiles: files });
  const sent = say(world, "hello");
  await settled();
  tell("hello", world.clock.nowMs());
  await world.clock.pass(3_000);
  assert.deepEqual(await sent, { outcome: "confirmed", detail: "turn 1" });
  const late = say(world, "again");
  await settled();
  await world.hook("Stop");
  tell("again", world.clock.nowMs());
  await world.clock.pass(3_001);
  assert.equal((await late).outcome, "confirmed");
  assert.deepEqual([world.session.state.turn.kind, world.session.state.activity.activity], ["over", "idle"]);
  await world.clock.pass(2_000);
  assert.equal(world.terminal.done.at(-1), "finish 0");
  world.stop();
});

Deno.test("the same text that was read before the message was pasted is no receipt of it, also after a restart", async () => {
  const { files, tell } = telling();
  const before = await working({ usageFiles: files });
  const longAgoMs = before.clock.nowMs();
  await before.clock.pass(1_000);
  void say(before, "go on").catch(() => {});
  await settled();
  const after = await before.crash();
  tell("go on", longAgoMs);
  await after.session.adopt();
  assert.deepEqual(kinds(after), ["task-1 confirmed", "go on pasted"]);
  tell("go on", after.clock.nowMs());
  await after.hook("PreToolUse", { tool_name: "Bash" });
  assert.deepEqual(kinds(after), ["task-1 confirmed", "go on confirmed"]);
  await after.session.end(0, true);
  after.stop();
});

Deno.test("what was read while there was no runner is known to the next one", async () => {
  const { files, tell } = telling();
  const before = await working({ usageFiles: files });
  void say(before, "hello").catch(() => {});
  await settled();
  const after = await before.crash();
  tell("hello", after.clock.nowMs());
  await after.session.adopt();
  assert.deepEqual(kinds(after), ["task-1 confirmed", "hello confirmed"]);
  await after.session.end(0, true);
  after.stop();
});

Deno.test("a text that stands in the box within a turn is entered again, once; one that is held back is not", async () => {
  for (const [screen, last] of [["❯ hello", "press Enter"], ["  hello\n❯ ", "screen"]] as const) {
    const world = await working();
    const sent = say(world, "hello");
    await settled();
    world.terminal.text = screen;
    await world.clock.pass(5_001);
    assert.equal(world.terminal.done.at(-1), last);
    await world.clock.pass(60_000);
    assert.equal(
      world.terminal.done.filter((one) => one === "press Enter").length,
      last === "screen" ? 0 : 1,
    );
    assert.equal(kinds(world)[1], "hello pasted", "the turn goes on");
    await world.hook("UserPromptSubmit", { prompt: "hello" });
    assert.equal((await sent).outcome, "confirmed");
    world.stop();
  }
});

Deno.test("before a message is given up its file is looked at once more", async () => {
  const { files, tell } = telling();
  const world = await working({ usageFiles: files });
  const sent = say(world, "hello");
  await settled();
  await world.hook("Stop");
  await world.clock.pass(9_999);
  tell("hello", world.clock.nowMs() - 9_999);
  await world.clock.pass(2);
  assert.equal((await sent).outcome, "confirmed");
  world.stop();
});
