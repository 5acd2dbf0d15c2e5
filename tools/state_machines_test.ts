import assert from "node:assert/strict";
import { PAGE, stateMachinesPage } from "./state_machines.ts";
import { agentActivityTable, agentPhaseTable } from "./state_machines/agent_table.ts";
import { subtaskTable } from "./state_machines/subtask_table.ts";
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

Deno.test("the edges between the phases of an agent are those of Runtime 1.5, and its gaps' as they are closed", () => {
  const edges = new Set<string>();
  const { states, rows } = agentPhaseTable();
  for (const { cells } of rows) {
    cells.forEach((cell, at) => {
      if (cell.kind !== "moved") return;
      const way = [states[at]!, ...cell.to.split(" → ")].map((name) => name.split(" (")[0]!);
      way.slice(1).forEach((to, n) => edges.add(`${way[n]}>${to}`));
    });
  }
  const document =
    "created>provisioning provisioning>starting provisioning>error starting>running starting>error " +
    "running>stopping running>suspended running>error stopping>stopped stopped>provisioning suspended>starting " +
    "error>provisioning";
  // A stop that becomes a deletion; and what is removed at its end.
  const ours = "stopping>stopping created>removed stopped>removed suspended>removed error>removed";
  assert.deepEqual([...edges].sort(), `${document} ${ours}`.split(" ").sort());
});

Deno.test("what an agent declared is ended only by a prompt, a message, a session, its own word, or a tool where it waits", () => {
  const { states, rows } = agentActivityTable();
  const ends = (state: string) => rows.filter(({ cells }) => cells[states.indexOf(state)]!.kind === "moved");
  const names = ends("completed, declared").map(({ event }) => event);
  const words = ["it says waiting", "it says blocked"];
  assert.deepEqual(names, ["a session starts", "a prompt is submitted", "a message is delivered", ...words]);
  assert.ok(ends("waiting_for_input, declared").some(({ event }) => event === "a tool starts"));
});

Deno.test("nobody moves a subtask that was dropped", () => {
  const { states, rows } = subtaskTable();
  for (const { event, cells } of rows) {
    assert.equal(cells[states.indexOf("dropped")]!.kind, "refused", event);
  }
});
