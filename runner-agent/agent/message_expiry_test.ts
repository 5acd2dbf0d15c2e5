/** A message that has its time: whoever does not get it within that does not get it at all. */
import assert from "node:assert/strict";
import { settled } from "../../test/fake/manual_clock.ts";
import { COMMAND, kinds, type Rig, rig, working } from "./session_test_world.ts";

const say = (world: Rig, id: string, expiresInMs?: number) =>
  world.session.carryOut({
    ...{ ...COMMAND, commandId: id, kind: "message", text: id, interrupt: false },
    ...(expiresInMs === undefined ? {} : { expiresInMs }),
  });

Deno.test("a message that waits behind another for longer than its time is expired, and never pasted", async () => {
  const world = await working();
  const first = say(world, "first");
  await settled();
  const late = say(world, "late", 60_000);
  const last = say(world, "last", 600_000);
  await world.clock.pass(59_000);
  assert.deepEqual(kinds(world), ["task-1 confirmed", "first pasted", "late queued", "last queued"]);
  await world.clock.pass(1_001);
  assert.deepEqual(await late, { outcome: "expired", detail: null });
  await world.hook("Stop");
  await world.hook("UserPromptSubmit", { prompt: "first" });
  await world.hook("Stop");
  await world.hook("UserPromptSubmit", { prompt: "last" });
  assert.deepEqual([(await first).outcome, (await last).outcome], ["confirmed", "confirmed"]);
  assert.ok(!world.terminal.done.includes("submit late"));
  world.stop();
});

Deno.test("a message to a suspended agent is expired at its time, though nobody drives a terminal", async () => {
  const world = await working();
  world.stop();
  await settled();
  await world.session.suspended();
  const late = say(world, "late", 60_000);
  await world.clock.pass(59_000);
  assert.deepEqual(kinds(world), ["task-1 confirmed", "late queued"]);
  await world.clock.pass(1_001);
  assert.equal((await late).outcome, "expired");
});

Deno.test("a message that comes when its time is over is expired at once, and one that was pasted in time is not", async () => {
  const world = await rig();
  assert.equal((await say(world, "late", 0)).outcome, "expired");
  world.stop();
  const taken = await working();
  const told = say(taken, "m", 5_000);
  await taken.clock.pass(10_000);
  assert.deepEqual(kinds(taken), ["task-1 confirmed", "m pasted"]);
  await taken.hook("Stop");
  await taken.hook("UserPromptSubmit", { prompt: "m" });
  assert.equal((await told).outcome, "confirmed");
  taken.stop();
});
