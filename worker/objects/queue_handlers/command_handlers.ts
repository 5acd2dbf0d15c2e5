/** What people do to running agents, on its way to their runners. */
import type { AgentCommandKind } from "../../../protocol/agent/commands.ts";
import type { RunId } from "../../../protocol/ids.ts";
import { err, ok } from "../../../protocol/result.ts";
import { commandView } from "../../domain/agent_command.ts";
import { authenticate, authorize } from "../../domain/authorize.ts";
import type { Draft } from "../../domain/draft.ts";
import type { Run } from "../../domain/queue_state.ts";
import { AGENT_COMMANDS_LISTED_MAX, AGENT_COMMANDS_OPEN_MAX } from "../../limits.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "commandAgent" | "listCommands" | "settleCommand";

/** Who did it is on record; of keys that they were pressed, once for a while of typing, and never which. */
function noteCommand(
  draft: Draft,
  run: Run,
  kind: AgentCommandKind,
  actor: string,
  beginsTyping: (runId: string, by: string) => boolean,
): void {
  if (kind === "keys") {
    if (!beginsTyping(run.id, actor)) return;
    const { taskId, id: runId, jobId } = run;
    const task = draft.task(taskId);
    const about = { stationId: draft.job(jobId)?.stationId ?? null, jobId, runId, detail: `by ${actor}` };
    if (task !== undefined) draft.note(task, "typed", about);
  }
  draft.audit(`agent_${kind}`, actor, { taskId: run.taskId, subject: `run:${run.id}` });
}

export const commandHandlers: Handlers<Methods> = {
  commandAgent: (queue, caller, { runId, wish }) => {
    const { core, commands } = queue;
    const known = authorize(core.state, caller, "user");
    if (!known.ok) return known;
    core.page({ runId });
    const run = core.state.runs.get(runId as RunId);
    const taskId = run?.taskId;
    const demand = { scope: "tasks:write", ...(taskId === undefined ? {} : { taskId }) } as const;
    const made = queue.access.asUser(caller, demand, (draft, actor) => {
      if (run === undefined) return err({ reason: "not_found", what: "run", id: runId });
      if (run.state.kind === "finished") {
        return err({ reason: "run_not_active", runId, outcome: run.state.outcome });
      }
      if (commands.openCount(runId) >= AGENT_COMMANDS_OPEN_MAX) {
        return err({ reason: "too_many_commands", commandsMax: AGENT_COMMANDS_OPEN_MAX });
      }
      noteCommand(draft, run, wish.kind, actor, commands.beginsTyping);
      const id = draft.newId();
      core.beside(() => commands.add({ ...wish, id, runId, by: actor }));
      return ok(id);
    }, { runId });
    if (!made.ok) return made;
    // What a repeated request is told of is the command as it is by now: a long message fits into no answer that is kept.
    const row = commands.read(runId, made.value);
    if (row === null) return err({ reason: "answer_not_kept" });
    if (run !== undefined && run.state.kind === "active") {
      queue.sockets.command(run.runnerId, run.id);
      if (run.chat !== undefined && wish.kind === "message") queue.wakeChat(run.jobId);
    }
    return ok(commandView(row));
  },
  listCommands: (queue, caller, { runId }) => {
    const { core } = queue;
    const known = authenticate(core.state, caller);
    if (!known.ok) return known;
    core.page({ runId });
    const run = core.state.runs.get(runId as RunId);
    return queue.access.asAny(caller, () => {
      if (run === undefined) return err({ reason: "not_found", what: "run", id: runId });
      return ok(queue.commands.list(runId, AGENT_COMMANDS_LISTED_MAX).map(commandView));
    }, { taskId: run?.taskId });
  },
  settleCommand: (queue, caller, { runId, commandId, done }) => {
    const run = queue.access.ownRun(caller, runId);
    if (!run.ok) return run;
    const row = queue.commands.read(runId, commandId);
    if (row === null) return err({ reason: "not_found", what: "command", id: commandId });
    if (row.state !== "done") queue.commands.settle(row, done);
    return ok({ commandId });
  },
};
