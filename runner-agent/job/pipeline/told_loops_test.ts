/** What a station tells of the loops of its pipeline. */
import assert from "node:assert/strict";
import { printed } from "../../../test/fake/station_sandbox.ts";
import { withDriveStage } from "../../../test/fake/station_drive.ts";

const LOOPS = `version: "1"
pipeline:
  - id: again
    do_while:
      max_iterations: 2
      exit_when: "a == b"
      on_max_iterations: continue
      steps: [{id: make, context: {shell: "make"}}]
  - id: each
    for_each:
      over: '["x"]'
      steps: [{id: one, context: {shell: "one"}}]
`;

Deno.test("passes and items are told to who watches, and put nothing more on the timeline", async () => {
  await withDriveStage(LOOPS, { does: () => printed("done") }, async (stage) => {
    await (await stage.start()).done;
    assert.deepEqual(stage.broken, []);
    const said = stage.sandbox.said.join("").split("\n").filter((line) => line.includes("↻"));
    assert.deepEqual(said, [
      "    ↻ again: pass 1 of at most 2",
      "    ↻ again: pass 2 of at most 2",
      "    ↻ again: exit_when never held in 2 passes",
      "    ↻ each: item 1 of 1",
    ]);
    const started = stage.events.filter(({ type, payload }) =>
      type === "pipeline_step" && payload.state === "started"
    ).map(({ payload }) => payload.stepId);
    assert.deepEqual(started, ["invocation", "again", "make", "make", "each", "one"]);
  });
});
