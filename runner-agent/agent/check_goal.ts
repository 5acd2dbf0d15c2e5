/** One round of a goal loop (`domain/agent/goal_loop.ts`): the check is run, and its verdict becomes the session's. */
import { type CheckResult, type GoalLoop, judgeRound } from "../domain/agent/goal_loop.ts";
import { textEvents } from "./event_payloads.ts";
import { withMessage } from "./own_message.ts";
import type { SessionCore } from "./session_core.ts";

export interface GoalCheck {
  readonly loop: GoalLoop;
  /** Runs it in the sandbox, in which nothing of the agent's turn runs. Rejects when the sandbox does not answer. */
  readonly run: () => Promise<CheckResult>;
}

/** After a turn. A message that has come meanwhile goes first, and the check is made again after it. */
export async function checkGoal(
  core: SessionCore,
  { loop, run }: GoalCheck,
  clean: (text: string) => string,
): Promise<void> {
  const { turns } = core.state;
  const found = await run();
  // What it says goes to the agent and to the activity log.
  const check = { ...found, output: clean(found.output) };
  const { loop: before } = core.state;
  const verdict = judgeRound(loop, before, check);
  let isOurs = false;
  await core.change((state, nowMs) => {
    isOurs = state.turns === turns && state.turn.kind === "over" && state.finish === null;
    if (!isOurs) return state;
    switch (verdict.kind) {
      case "reached":
        return { ...state, finish: { status: 0, reason: "turn_over", message: null } };
      case "again":
        return withMessage(
          { ...state, loop: verdict.state },
          `round-${verdict.state.rounds}`,
          verdict.text,
          nowMs,
        );
      case "stopped":
        return {
          ...state,
          loop: verdict.state,
          finish: { status: 1, reason: "loop_stopped", message: verdict.message },
        };
    }
  });
  if (!isOurs) return;
  const fields = {
    round: verdict.kind === "reached" ? before.rounds + 1 : verdict.state.rounds,
    exitCode: check.exitCode,
    timedOut: check.timedOut,
    headCommit: check.headCommit,
    ...(verdict.kind === "stopped" ? { breaker: verdict.breaker } : {}),
  };
  for (const one of textEvents(EVENTS[verdict.kind], fields, check.output)) core.emit(one);
}

const EVENTS = { reached: "loop_complete", again: "loop_iteration", stopped: "loop_stopped" } as const;
