/** The life of a run on its runner: every phase against everything that the runtime and the control plane may show. */
import { nextStep, type RunPhase, type RunView, type Step } from "../../runner-agent/domain/job_phase.ts";
import type { Worktree } from "../../runner-agent/ports.ts";
import { type Cell, runPairs, type StateTable } from "./table.ts";

const worktree: Worktree = {
  worktreeDir: "",
  mounts: [],
  branch: "main",
  baseCommit: "",
  startCommit: "",
};
const ended = { kind: "exited", exitCode: 0, wasKilledForMemory: false } as const;
const unread = { kind: "none" } as const;

const PHASES: Readonly<Record<RunPhase["kind"], RunPhase>> = {
  claimed: { kind: "claimed" },
  prepared: { kind: "prepared", worktree },
  created: { kind: "created", worktree, containerId: "c" },
  started: { kind: "started", worktree, containerId: "c", startedAtMs: 0 },
  stopping: { kind: "stopping", worktree, containerId: "c", reason: "cancelled" },
  suspending: { kind: "suspending", worktree, containerId: "c" },
  suspended: { kind: "suspended", worktree },
  exited: { kind: "exited", worktree, ending: ended },
  harvested: { kind: "harvested", worktree, ending: ended, harvest: unread, conclusion: unread },
  pushed: { kind: "pushed", report: {} as never },
  reported: { kind: "reported", delivery: "accepted" },
  cleaned: { kind: "cleaned" },
};

const CONTAINERS: readonly RunView["container"][] = ["absent", "created", "running", "exited"];
const LEASES: readonly RunView["lease"][] = ["standing", "unknown", "lost"];

const WANTED: readonly Pick<RunView, "stop" | "wish">[] = [
  { stop: null, wish: null },
  { stop: "cancelled", wish: null },
  { stop: null, wish: "suspend" },
  { stop: null, wish: "resume" },
];

/** Views by the text that names them. */
const VIEWS = new Map<string, RunView>(
  CONTAINERS.flatMap((container) =>
    LEASES.flatMap((lease) =>
      WANTED.map(({ stop, wish }): [string, RunView] => [
        `container ${container}, lease ${lease}${stop === null ? "" : ", stop wanted"}${
          wish === null ? "" : `, ${wish} wanted`
        }`,
        { container, lease, stop, wish },
      ])
    )
  ),
);

/** The table of `runner-agent/domain/job_phase.ts`. */
export function runTable(): StateTable {
  const states = Object.keys(PHASES);
  return {
    title: "Run, on the runner",
    about:
      "`runner-agent/domain/job_phase.ts`, asked after each step and after each crash: the phase is what the journal " +
      "knows, the row what the runtime and the control plane show. A bold cell is a phase that is written with nothing " +
      "to do in the world; another one is the step that is taken.",
    states,
    rows: runPairs(
      states,
      [...VIEWS.keys()],
      (state, view) => cellOf(nextStep(PHASES[state as RunPhase["kind"]], VIEWS.get(view)!)),
    ),
  };
}

function cellOf(step: Step): Cell {
  if (step.kind === "rest") return { kind: "stayed" };
  if (step.kind !== "record") return { kind: "noted", what: step.kind };
  const { phase } = step;
  if (phase.kind === "exited") {
    const why = phase.ending.kind === "stopped" ? phase.ending.reason : phase.ending.kind;
    return { kind: "moved", to: `exited (${why})` };
  }
  return { kind: "moved", to: phase.kind === "reported" ? `reported (${phase.delivery})` : phase.kind };
}
