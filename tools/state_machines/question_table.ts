/** A question of a run to people: every standing against everything that its ask, its runner, its run and time may bring. */
import { createQueueRig, HEARTBEAT, lineOf, station, SUCCESS } from "../../test/fake/queue_rig.ts";
import { questionInput } from "../../protocol/agent/question.ts";
import { ok } from "../../protocol/result.ts";
import type { GateResolution } from "../../worker/domain/event.ts";
import {
  askQuestion,
  endQuestion,
  type QuestionRow,
  questionStanding,
  withdrawQuestion,
} from "../../worker/domain/run_question.ts";
import { type Cell, runPairs, type StateTable } from "./table.ts";

const TIME_MS = 5_000;
const NOBODY = { isUnanswered: true, action: "block", decidedBy: "system", reason: "" } as const;

const ENDS: Readonly<Record<string, Partial<GateResolution>>> = {
  "a person approves": {},
  "a person rejects": { action: "reject", reason: "no" },
  "somebody cancels the ask, or its subject is another": { ...NOBODY, decidedBy: "user:ops" },
  "the ask expires by its policy": { ...NOBODY, action: "reject" },
  "the ask expires by the question's time": { ...NOBODY, isOwnTime: true },
};

const STATES: Readonly<Record<string, readonly string[]>> = {
  absent: [],
  open: ["its runner asks"],
  answered: ["its runner asks", "a person approves"],
  rejected: ["its runner asks", "a person rejects"],
  expired: ["its runner asks", "the question's time is over"],
};

const EVENTS = [
  "its runner asks",
  "its runner asks something else under its id",
  "its runner takes it back",
  ...Object.keys(ENDS),
  "the question's time is over",
  "the run reports its end",
  "the lease ends, after the question's time",
];

/** The table of `worker/domain/run_question.ts`. */
export function questionTable(): StateTable {
  const states = Object.keys(STATES);
  return {
    title: "Question of a run",
    about:
      "`worker/domain/run_question.ts`, in the object of a project; its ask is a gate as above. Only `answered` comes from " +
      "a person's answer. An ask is told whether its answer took effect: in an empty cell it did not, but where the same " +
      "answer is delivered again.",
    states,
    rows: runPairs(states, EVENTS, play),
  };
}

function play(state: string, event: string): Cell {
  const stage = openStage();
  for (const before of STATES[state]!) stage.do(before);
  const was = stage.standing();
  const refused = stage.do(event);
  const is = stage.standing();
  if (refused !== null) return { kind: "refused", code: refused };
  return is === was ? { kind: "stayed" } : { kind: "moved", to: is };
}

function openStage() {
  const rig = createQueueRig();
  rig.line("tidy", lineOf([station("a")]));
  const task = rig.submit("tidy");
  const runnerId = rig.runner("r1");
  const { job, run } = rig.take(runnerId);
  rig.report(runnerId, HEARTBEAT);
  let row: QuestionRow | null = null;

  const ask = (message: string): string | null => {
    const wish = questionInput.parse({ id: "q", kind: "pause", stepId: "s", message, expiresInMs: TIME_MS });
    const known = { row, count: row === null ? 0 : 1 };
    const made = rig.run((draft) => askQuestion(draft, runnerId, { runId: run.id, wish, known }));
    if (made.ok) row = made.value.row;
    return made.ok ? null : made.error.reason;
  };
  const change = (after: QuestionRow | null): null => {
    row = after ?? row;
    return null;
  };
  const none = () => row === null ? "no_question" : null;

  return {
    standing: () => {
      if (row === null) return "absent";
      const at = { run: rig.state.runs.get(run.id), job: rig.job(job.id) };
      return questionStanding(row, at)?.kind ?? "open";
    },
    /** Null, or the code of a refusal. */
    do(event: string): string | null {
      const end = ENDS[event];
      if (end !== undefined) {
        if (row === null) return null;
        const question = row;
        const resolution: GateResolution = {
          ...{ askId: question.askId, taskId: task.id, action: "approve", reason: "" },
          ...{ decidedBy: "user:ada", decidedAtMs: rig.nowMs() },
          ...end,
        };
        return change(rig.must((draft) => ok(endQuestion(draft, question, resolution))).row);
      }
      switch (event) {
        case "its runner asks":
          return ask("Go on?");
        case "its runner asks something else under its id":
          return ask("Something else?");
        case "its runner takes it back":
          return none() === null
            ? change(rig.must((draft) => ok(withdrawQuestion(draft, row!))))
            : "question_not_found";
        case "the question's time is over":
          rig.advance(TIME_MS);
          rig.expire();
          return null;
        case "the run reports its end":
          rig.report(runnerId, { ...SUCCESS, runId: run.id });
          return null;
        case "the lease ends, after the question's time":
          rig.advance(24 * 60 * 60_000);
          rig.expire();
          return null;
        default:
          throw new TypeError(`Cannot play '${event}' as it must be one of the table's`);
      }
    },
  };
}
