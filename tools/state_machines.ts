/** `deno task state:machines`: writes `docs/state_machines.md` by running every pair of state and event. */
import { agentActivityTable, agentPhaseTable } from "./state_machines/agent_table.ts";
import { gateTable } from "./state_machines/gate_table.ts";
import { questionTable } from "./state_machines/question_table.ts";
import { runTable } from "./state_machines/run_table.ts";
import { subtaskTable } from "./state_machines/subtask_table.ts";
import { renderPage } from "./state_machines/table.ts";
import { taskTable } from "./state_machines/task_table.ts";

/** The page as the code makes it now. */
export function stateMachinesPage(): string {
  return renderPage([
    taskTable(),
    gateTable(),
    runTable(),
    agentPhaseTable(),
    agentActivityTable(),
    subtaskTable(),
    questionTable(),
  ]);
}

export const PAGE = new URL("../docs/state_machines.md", import.meta.url);

if (import.meta.main) await Deno.writeTextFile(PAGE, stateMachinesPage());
