/** A subtask: every state against every move by everybody who may try it. */
import {
  CAPABILITIES,
  type Capability,
  SUBTASK_STATES,
  type SubtaskState,
} from "../../protocol/agent/subtask.ts";
import { type Mover, moveSubtask, type Subtask, verdictOf } from "../../worker/domain/subtask.ts";
import { type Cell, runPairs, type StateTable } from "./table.ts";

/** Work that an agent of the station `make` has in hand, or had. */
function subtaskIn(state: SubtaskState): Subtask {
  const isHeld = state !== "pending" && state !== "queued";
  return {
    taskId: "t",
    id: "s:1",
    spec: "s",
    title: "",
    requirementIds: [],
    stationId: "make",
    state,
    agent: isHeld ? { runId: "r", jobId: "j", stationId: "make" } : null,
    note: null,
    rationale: null,
    createdAtMs: 0,
    startedAtMs: null,
    endedAtMs: null,
    changedAtMs: 0,
  };
}

function moverOf(capability: Capability, stationId: string): Mover {
  const run = { runId: "r", jobId: "j", stationId, taskId: "t" };
  return { name: capability, capability, run: capability === "operator" ? null : run };
}

type Play = (state: SubtaskState) => Cell;

function moving(mover: Mover, to: SubtaskState, rationale: string | null = "because"): Play {
  return (state) => {
    const moved = moveSubtask(subtaskIn(state), mover, { state: to, note: null, rationale }, 0);
    if (!moved.ok) return { kind: "refused", code: moved.error.reason };
    return { kind: "moved", to: moved.value.state };
  };
}

const KEY_OF = (mover: Mover, to: SubtaskState) => JSON.stringify(SUBTASK_STATES.map(moving(mover, to)));

/** Values that have the same key, under all of their names. */
function merged<T>(
  named: readonly (readonly [string, T])[],
  keyOf: (value: T) => string,
): readonly { readonly names: readonly string[]; readonly value: T }[] {
  const groups = new Map<string, { names: string[]; value: T }>();
  for (const [name, value] of named) {
    const known = groups.get(keyOf(value));
    if (known === undefined) groups.set(keyOf(value), { names: [name], value });
    else known.names.push(name);
  }
  return [...groups.values()];
}

/** Who may try: those who are answered the same in every state share their rows. */
function movers(): ReturnType<typeof merged<Mover>> {
  const keyOf = (mover: Mover) => SUBTASK_STATES.map((to) => KEY_OF(mover, to)).join();
  const all = CAPABILITIES.flatMap((capability): readonly (readonly [string, Mover])[] => {
    const [own, other] = [moverOf(capability, "make"), moverOf(capability, "check")];
    if (capability === "operator") return [["a person", own]];
    if (keyOf(own) === keyOf(other)) return [[capability, own]];
    return [[`${capability} at \`make\``, own], [`${capability} elsewhere`, other]];
  });
  return merged(all, keyOf);
}

function events(): ReadonlyMap<string, Play> {
  const verifier = moverOf("verifier", "check");
  const judged = (results: readonly ("passed" | "failed" | "skipped")[]) =>
    moving(verifier, verdictOf(results.map((result) => ({ result }))));
  return new Map([
    ...movers().flatMap(({ names, value: mover }) =>
      merged(SUBTASK_STATES.map((to) => [to, to] as const), (to) => KEY_OF(mover, to))
        .map((to): [string, Play] => [
          `${names.join(", ")}: to ${to.names.map((name) => `\`${name}\``).join(", ")}`,
          moving(mover, to.value),
        ])
    ),
    ["a person: to `dropped` without a reason", moving(moverOf("operator", ""), "dropped", null)],
    ["verification, one check passed", judged(["passed", "skipped"])],
    ["verification, one check failed", judged(["passed", "failed"])],
    ["verification, no check was made", judged(["skipped"])],
  ]);
}

/** The table of `worker/domain/subtask.ts`. */
export function subtaskTable(): StateTable {
  const plays = events();
  return {
    title: "Subtask",
    about:
      "`worker/domain/subtask.ts`, in the object of a project: a subtask for the station `make`, which an agent of it " +
      "works on from `in_progress`. Moves and movers that are answered alike in every state share a row. A reason is given.",
    states: SUBTASK_STATES,
    rows: runPairs(
      SUBTASK_STATES,
      [...plays.keys()],
      (state, event) => plays.get(event)!(state as SubtaskState),
    ),
  };
}
