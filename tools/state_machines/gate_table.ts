/** One question to a person: every state of a gate against everything that may be said to it. */
import type { GateAsk } from "../../worker/domain/event.ts";
import {
  decideAnswer,
  decideCancel,
  decideIssue,
  decideOpen,
  type GateRecord,
  type Grant,
  type Responder,
} from "../../worker/domain/gate.ts";
import { type Cell, runPairs, type StateTable } from "./table.ts";

const NOW_MS = 1_700_000_000_000;
const DAY_MS = 86_400_000;
const ask = { askId: "ask", taskId: "task" } as unknown as GateAsk;
const approve = { action: "approve", reason: "" } as const;
const reject = { action: "reject", reason: "no" } as const;
const user: Responder = { kind: "user", name: "ada" };
const claim = { grantId: "g", secretHash: "h" };
const link: Responder = { kind: "grant", claim };

const opened = decideOpen({ kind: "absent" }, ask)!;
const linked = mustIssue(opened);

function mustIssue(record: GateRecord) {
  const issued = decideIssue(record, { ...claim, holder: "ada", nowMs: NOW_MS });
  if (!issued.ok) throw new Error(`Cannot start as a link must be made: ${issued.error.reason}`);
  return issued.value;
}

function mustAnswer(record: GateRecord, grants: readonly Grant[], responder: Responder) {
  const answered = decideAnswer(record, grants, responder, approve, NOW_MS);
  if (!answered.ok) throw new Error(`Cannot start as the answer must be taken: ${answered.error.reason}`);
  return answered.value.gate;
}

interface Start {
  readonly record: GateRecord;
  readonly grants: readonly Grant[];
}

const STATES: Readonly<Record<string, Start>> = {
  absent: { record: { kind: "absent" }, grants: [] },
  retracted: { record: decideCancel({ kind: "absent" }, "moved on")!, grants: [] },
  open: { record: linked.gate, grants: [linked.grant] },
  "open, link superseded": {
    record: { ...linked.gate, epoch: linked.gate.epoch + 1 },
    grants: [linked.grant],
  },
  "resolved (approve)": {
    record: mustAnswer(linked.gate, [linked.grant], link),
    grants: [{ ...linked.grant, usedAtMs: NOW_MS }],
  },
  cancelled: { record: decideCancel(linked.gate, "moved on")!, grants: [linked.grant] },
};

type Play = (start: Start) => Cell;

const answers =
  (responder: Responder, answer: typeof approve | typeof reject, atMs = NOW_MS): Play =>
  ({ record, grants }) => {
    const decided = decideAnswer(record, grants, responder, answer, atMs);
    if (!decided.ok) return { kind: "refused", code: decided.error.reason };
    return decided.value.kind === "recorded"
      ? { kind: "noted", what: "the recorded answer" }
      : moved(record, decided.value.gate);
  };

const EVENTS: Readonly<Record<string, Play>> = {
  open: ({ record }) => moved(record, decideOpen(record, ask)),
  cancel: ({ record }) => moved(record, decideCancel(record, "moved on")),
  "make a link": ({ record }) => {
    const issued = decideIssue(record, { ...claim, holder: "ada", nowMs: NOW_MS });
    return issued.ok
      ? { kind: "noted", what: "a link; the one before it is superseded" }
      : { kind: "refused", code: issued.error.reason };
  },
  "approve by link": answers(link, approve),
  "reject by link": answers(link, reject),
  "approve by link, four days later": answers(link, approve, NOW_MS + 4 * DAY_MS),
  "approve as user": answers(user, approve),
  "reject as user": answers(user, reject),
};

/** The table of `worker/domain/gate.ts`. */
export function gateTable(): StateTable {
  const states = Object.keys(STATES);
  return {
    title: "Gate",
    about:
      "`worker/domain/gate.ts`, in the object of one ask. A look, a timer and silence are no events: nothing but " +
      "an answer resolves a gate (G1).",
    states,
    rows: runPairs(states, Object.keys(EVENTS), (state, event) => EVENTS[event]!(STATES[state]!)),
  };
}

function moved(before: GateRecord, after: GateRecord | null): Cell {
  if (after === null || after === before) return { kind: "stayed" };
  return { kind: "moved", to: nameOf(after) };
}

function nameOf(record: GateRecord): string {
  if (record.kind !== "opened") return record.kind;
  return record.state.kind === "resolved" ? `resolved (${record.state.outcome.action})` : record.state.kind;
}
