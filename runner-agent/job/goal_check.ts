/** The check of a goal loop in a run's sandbox: by a shell, as the agent, in the workspace. */
import type { GoalCheck } from "../agent/check_goal.ts";
import type { GoalLoop } from "../domain/agent/goal_loop.ts";
import { CHECK_OUTPUT_BYTES } from "../limits.ts";
import type { RunContext } from "./run_context.ts";

/** Its exit status, and the end of what it wrote: a shell's own pipe would lose the one, the driver's bound the other. */
const SCRIPT = `out=$(mktemp) || exit 125
sh -c "$1" >"$out" 2>&1 </dev/null
status=$?
tail -c ${CHECK_OUTPUT_BYTES} "$out"
rm -f "$out"
exit $status`;

/** @param sandbox The container that the agent is in now. */
export function createCheck(context: RunContext, loop: GoalLoop, sandbox: () => string | null): GoalCheck {
  const { deps, run, activity } = context;
  return {
    loop,
    async run() {
      const containerId = sandbox();
      if (containerId === null) throw new Error("Cannot run the check as the agent must have a sandbox");
      const harvested = await deps.worktrees.harvest(run.runId);
      // Nobody writes meanwhile, and nobody is silent.
      const awaited = activity.begin();
      try {
        const { exitCode, timedOut, stdout } = await deps.runtime.exec(containerId, {
          argv: ["sh", "-c", SCRIPT, "check", loop.command],
          timeoutMs: loop.timeoutMs,
          maxBytes: CHECK_OUTPUT_BYTES,
        });
        return {
          ...{ exitCode, timedOut, output: new TextDecoder().decode(stdout) },
          headCommit: harvested.ok ? harvested.value.headCommit : null,
        };
      } finally {
        awaited.end();
      }
    },
  };
}
