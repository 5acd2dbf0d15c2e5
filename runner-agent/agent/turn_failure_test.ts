/** Turns that fail of which no hook tells, and a key that the model's provider refuses. */
import assert from "node:assert/strict";
import { settled } from "../../test/fake/manual_clock.ts";
import { codexSession } from "../harness/codex_session.ts";
import { geminiSession } from "../harness/gemini_session.ts";
import type { AgentSessionDeps } from "./agent_session.ts";
import { countingNothing, rig, working } from "./session_test_world.ts";

/** A CLI's files, of which the test says what they tell next. */
function telling() {
  let failure: string | null = null;
  const files: AgentSessionDeps["usageFiles"] = {
    ...countingNothing(),
    takeFailure() {
      const taken = failure;
      failure = null;
      return taken;
    },
  };
  return { files, tell: (text: string) => void (failure = text) };
}

Deno.test("a turn that fails without a hook is found in the CLI's file within seconds, and is the session's failure", async () => {
  const { files, tell } = telling();
  const world = await working({ harness: codexSession, usageFiles: files });
  tell("401 of the s3cret model");
  await world.clock.pass(3_000);
  await world.clock.pass(2_000);
  assert.equal(world.terminal.done.at(-1), "finish 1");
  assert.equal(world.session.state.finish?.message, "401 of the *** model");
  world.stop();
});

Deno.test("a turn's end is its failure when the CLI's file says so, and the agent is not told to go on", async () => {
  const { files, tell } = telling();
  let asked = 0;
  const wantsToStop = () => Promise.resolve(asked++ === 0 ? "commit first" : null);
  const world = await rig({ harness: geminiSession, usageFiles: files, wantsToStop });
  await world.session.boot(null);
  await world.session.onToolsListed();
  await settled();
  await world.hook("BeforeAgent", { prompt: "the task" });
  tell("no model");
  assert.equal(await world.hook("AfterAgent", { prompt_response: "[no response text]" }), null);
  await world.clock.pass(2_000);
  assert.equal(asked, 0);
  assert.deepEqual([world.terminal.done.at(-1), world.session.state.finish?.message], [
    "finish 1",
    "no model",
  ]);
  world.stop();
});

Deno.test("a failure that its file tells just after the turn's end still is one", async () => {
  const { files, tell } = telling();
  const world = await working({ harness: codexSession, usageFiles: files });
  await world.hook("Stop", { last_assistant_message: "" });
  tell("too late");
  await world.clock.pass(2_000);
  await world.clock.pass(2_000);
  assert.equal(world.session.state.finish?.message, "too late");
  world.stop();
});

Deno.test("what a file told before the turn, or before this life of the runner, is no failure of it", async () => {
  const { files, tell } = telling();
  const world = await rig({ harness: codexSession, usageFiles: files });
  await world.session.boot(null);
  await world.session.onToolsListed();
  await settled();
  tell("of another session");
  await world.hook("UserPromptSubmit", { prompt: "the task" });
  await world.clock.pass(4_000);
  assert.equal(world.session.state.turn.kind, "running");
  const after = await world.crash();
  tell("read again");
  await after.session.adopt();
  await after.clock.pass(4_000);
  assert.equal(after.session.state.turn.kind, "running");
  after.stop();
});

Deno.test("a key that is refused again and again ends the station, with the provider's status", async () => {
  const world = await working();
  for (let n = 0; n < 3; n++) await world.session.onKeyAnswer(401);
  await world.clock.pass(2_000);
  assert.equal(world.terminal.done.at(-1), "finish 1");
  assert.equal(
    world.session.state.finish?.message,
    "the model's provider refuses this runner's key (HTTP 401)",
  );
  world.stop();
});

Deno.test("a key that is refused once and never answered ends the station in seconds; an answer in between clears it", async () => {
  const world = await working();
  await world.session.onKeyAnswer(403);
  await world.session.onKeyAnswer(403);
  await world.session.onKeyAnswer(null);
  await world.session.onKeyAnswer(403);
  await world.clock.pass(14_000);
  assert.equal(world.session.state.turn.kind, "running");
  await world.clock.pass(1_001);
  assert.equal(world.session.state.turn.kind, "failed");
  await world.clock.pass(2_000);
  assert.match(world.session.state.finish?.message ?? "", /HTTP 403/);
  world.stop();
});

Deno.test("answers between turns say nothing of a turn", async () => {
  const world = await working();
  await world.hook("Stop");
  for (let n = 0; n < 3; n++) await world.session.onKeyAnswer(401);
  await world.clock.pass(2_000);
  assert.equal(world.terminal.done.at(-1), "finish 0");
  world.stop();
});
