import assert from "node:assert/strict";
import { working } from "./session_test_world.ts";

Deno.test("an agent at work is deleted with a stop only, and ends as one that was told to", async () => {
  const world = await working();
  const refused = await world.session.delete(false);
  assert.match(
    refused.ok ? "" : refused.error,
    /must be stopped, or suspended, before: current value is running/,
  );
  assert.equal(world.session.state.phase.kind, "running");
  for (let times = 0; times < 2; times++) assert.ok((await world.session.delete(true)).ok);
  await world.session.end(137, true);
  assert.deepEqual(world.session.state.phase, { kind: "stopped", exitCode: 137, isForced: false });
  world.stop();
});

Deno.test("a suspended agent is deleted as it is", async () => {
  const world = await working();
  world.stop();
  await world.session.suspended();
  assert.ok((await world.session.delete(false)).ok);
  await world.session.end(137, true);
  assert.equal(world.session.state.phase.kind, "suspended");
});
