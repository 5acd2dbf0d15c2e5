/** Runners, as people see and keep them. */
import { ok } from "../../../protocol/result.ts";
import { requireProject } from "../../domain/project.ts";
import { createRegistrationToken } from "../../domain/registration_token.ts";
import { registerRunner, rotateRunner, setIntake, updateRunner } from "../../domain/runner_registry.ts";
import { deleteRunner } from "../../domain/runner_removal.ts";
import { listRunners, readRunner, runnerView, type Sight } from "../../domain/runner_view.ts";
import type { Demand } from "../../domain/scope.ts";
import type { OpenQueue } from "../open_queue.ts";
import type { Handlers } from "./handlers.ts";

type Methods =
  | "registerRunner"
  | "createRegistrationToken"
  | "listRunners"
  | "readRunner"
  | "updateRunner"
  | "rotateRunner"
  | "setRunnerIntake"
  | "deleteRunner";

/** A runner takes jobs of every line of the project. */
const OVER_RUNNERS: Demand = { scope: "runners:write", lineId: null };

export const runnerHandlers: Handlers<Methods> = {
  registerRunner: async (queue, caller, input) => {
    // Paths that name no project are known by the tokens of runners and their runs.
    await queue.place.note();
    return queue.access.asUser(
      caller,
      OVER_RUNNERS,
      (draft, actor) => registerRunner(draft, actor, { ...input, minted: queue.mint("runner") }),
      { holdsSecret: true },
    );
  },
  createRegistrationToken: (queue, caller) => {
    return queue.access.asUser(
      caller,
      OVER_RUNNERS,
      (draft, actor) => createRegistrationToken(draft, actor, queue.mint("user")),
      { holdsSecret: true },
    );
  },
  listRunners: (queue, caller) => {
    const { state } = queue.core;
    return queue.access.asAny(caller, () => {
      const found = requireProject(state.settings);
      return found.ok ? ok(listRunners(state, sightOf(queue))) : found;
    });
  },
  readRunner: (queue, caller, runnerId) => {
    return queue.access.asAny(caller, () => readRunner(queue.core.state, runnerId, sightOf(queue)));
  },
  updateRunner: (queue, caller, input) => {
    return queue.access.asUser(caller, OVER_RUNNERS, (draft, actor) => {
      const runner = updateRunner(draft, actor, input);
      return runner.ok ? ok(runnerView(draft.before, runner.value, sightOf(queue))) : runner;
    });
  },
  rotateRunner: (queue, caller, runnerId) => {
    return queue.access.asUser(
      caller,
      OVER_RUNNERS,
      (draft, actor) => rotateRunner(draft, actor, { runnerId, minted: queue.mint("runner") }),
      { holdsSecret: true },
    );
  },
  setRunnerIntake: (queue, caller, input) => {
    return queue.access.asUser(caller, OVER_RUNNERS, (draft, actor) => {
      const runner = setIntake(draft, actor, input);
      return runner.ok ? ok(runnerView(draft.before, runner.value, sightOf(queue))) : runner;
    });
  },
  deleteRunner: (queue, caller, runnerId) => {
    return queue.access.asUser(
      caller,
      OVER_RUNNERS,
      (draft, actor) => deleteRunner(draft, actor, runnerId),
    );
  },
};

function sightOf({ clock, waiters, sockets }: OpenQueue): Sight {
  return { nowMs: clock.nowMs(), liveIds: new Set([...waiters.live(), ...sockets.live()]) };
}
