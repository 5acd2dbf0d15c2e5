import assert from "node:assert/strict";
import { settled } from "../../test/fake/manual_clock.ts";
import type { CheckResult, GoalLoop } from "../domain/agent/goal_loop.ts";
import { kinds, type Rig, working } from "./session_test_world.ts";

const LOOP: GoalLoop = {
  ...{ command: "make test", timeoutMs: 1_000 },
  ...{ roundsMax: 3, sameFailureMax: 9, noProgressMax: 9 },
};
const failed = (output: string): CheckResult => ({
  exitCode: 1,
  timedOut: false,
  output,
  headCommit: output,
});
const PASSED: CheckResult = { exitCode: 0, timedOut: false, output: "fine", headCommit: "c" };

/** A session whose checks say these things, one after the other. */
async function looping(results: readonly CheckResult[], hasConcluded = () => false) {
  const rest = [...results];
  const check = { loop: LOOP, run: () => Promise.resolve(rest.shift() ?? failed("more than were expected")) };
  return { world: await working({ check, hasConcluded }), rest };
}

/** The end of a turn, and what comes of it. */
async function endTurn(world: Rig): Promise<void> {
  await world.hook("Stop");
  await world.clock.pass(2_000);
}

async function takeRound(world: Rig, round: number): Promise<void> {
  const { text } = world.session.state.queue.messages.find(({ id }) => id === `round-${round}`)!;
  assert.ok(world.terminal.done.includes(`submit ${text}`));
  await world.hook("UserPromptSubmit", { prompt: text });
}

Deno.test("a check that fails begins another round in the same session, and one that passes ends it well", async () => {
  const { world, rest } = await looping([failed("no s3cret"), failed("nearly"), PASSED]);
  await endTurn(world);
  assert.deepEqual(kinds(world), ["task-1 confirmed", "round-1 pasted"]);
  assert.match(
    world.session.state.queue.messages[1]!.text,
    /Round 1 of at most 3 .*exit code 1[^]*no \*\*\*/,
  );
  await takeRound(world, 1);
  const later = await world.crash();
  await endTurn(later);
  await takeRound(later, 2);
  await endTurn(later);
  assert.equal(later.terminal.done.at(-1), "finish 0");
  assert.deepEqual(later.session.state.finish, { status: 0, reason: "turn_over", message: null });
  assert.deepEqual(rest, []);
  const told = world.events.filter(({ type }) => type.startsWith("loop_"))
    .map(({ type, payload }) => `${type} ${payload["round"]} ${payload["text"]}`);
  assert.deepEqual(told, ["loop_iteration 1 no ***", "loop_iteration 2 nearly", "loop_complete 3 fine"]);
  later.stop();
});

Deno.test("a breaker ends the session as a failure that says which", async () => {
  const { world } = await looping(["a", "b", "c"].map(failed));
  for (const round of [1, 2]) {
    await endTurn(world);
    await takeRound(world, round);
  }
  await endTurn(world);
  assert.equal(world.terminal.done.at(-1), "finish 1");
  const message = "the check did not pass in 3 rounds; the check ended with exit code 1";
  assert.deepEqual(world.session.state.finish, { status: 1, reason: "loop_stopped", message });
  assert.equal(world.events.at(-1)?.payload["breaker"], "rounds");
  world.stop();
});

Deno.test("whoever has concluded, or is blocked, ends without another check", async () => {
  let hasConcluded = false;
  const { world, rest } = await looping([PASSED], () => hasConcluded);
  hasConcluded = true;
  await endTurn(world);
  assert.equal(world.session.state.finish?.reason, "concluded");
  world.stop();
  const other = await looping([PASSED]);
  await other.world.session.declare("blocked", "the check is wrong");
  await endTurn(other.world);
  assert.equal(other.world.session.state.finish?.reason, "blocked");
  assert.equal(rest.length + other.rest.length, 2);
  other.world.stop();
});

Deno.test("a check that a message overtakes decides nothing: it is made again after the message's turn", async () => {
  const first = Promise.withResolvers<CheckResult>();
  const rest = [first.promise, Promise.resolve(PASSED)];
  const world = await working({ check: { loop: LOOP, run: () => rest.shift()! } });
  await endTurn(world);
  await world.hook("UserPromptSubmit", { prompt: "typed by a person" });
  first.resolve(failed("too early"));
  await settled();
  assert.equal(world.session.state.loop.rounds, 0);
  await endTurn(world);
  assert.equal(world.terminal.done.at(-1), "finish 0");
  world.stop();
});
