import assert from "node:assert/strict";
import { PAGE, stateMachinesPage } from "./state_machines.ts";
import { taskTable } from "./state_machines/task_table.ts";

Deno.test("the page of state machines is what the code does", async () => {
  const written = await Deno.readTextFile(PAGE);
  assert.equal(written, stateMachinesPage(), "run 'deno task state:machines' and look at what changed");
});

Deno.test("nothing that a runner or time does moves a task that has ended (T1)", () => {
  const { states, rows } = taskTable();
  for (const { event, cells } of rows) {
    if (event.startsWith("a person")) continue;
    for (const state of ["completed", "failed"]) {
      assert.notEqual(cells[states.indexOf(state)]!.kind, "moved", `${event} moved a task that was ${state}`);
    }
  }
});
