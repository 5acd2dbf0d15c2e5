/** People look into the worktree of a run that is under way: who may, and which runner is asked. */
import type { RunId } from "../../../protocol/ids.ts";
import { err, ok } from "../../../protocol/result.ts";
import { authorize, authorizeUser } from "../../domain/authorize.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "lookIntoWorktree" | "answerWorktree";

export const worktreeHandlers: Handlers<Methods> = {
  lookIntoWorktree: async (queue, caller, { runId, kind, path }) => {
    const { core, worktrees } = queue;
    const known = authorize(core.state, caller, "user");
    if (!known.ok) return known;
    core.page({ runId });
    const run = core.state.runs.get(runId as RunId);
    const about = run === undefined ? {} : { taskId: run.taskId };
    const user = authorizeUser(core.state, caller, { scope: "tasks:read", ...about }, core.nowMs());
    if (!user.ok) return user;
    if (run === undefined) return err({ reason: "not_found", what: "run", id: runId });
    if (run.state.kind === "finished") {
      return err({ reason: "run_not_active", runId, outcome: run.state.outcome });
    }
    if (worktrees.isFull) return err({ reason: "too_many_looks" });
    const commandId = crypto.randomUUID();
    if (!queue.sockets.ask(run.runnerId, { runId, commandId, kind, path })) {
      return err({ reason: "runner_not_connected", runnerName: run.runnerName });
    }
    const seen = await worktrees.wait(runId, commandId);
    if (seen === null) return err({ reason: "runner_silent", runnerName: run.runnerName });
    return seen.kind === "refused" ? err({ reason: "worktree_refused", why: seen.why, path }) : ok(seen);
  },
  answerWorktree: (queue, caller, { runId, commandId, answer }) => {
    const run = queue.access.ownRun(caller, runId);
    if (!run.ok) return run;
    return ok({ isHeard: queue.worktrees.hear(runId, commandId, answer) });
  },
};
