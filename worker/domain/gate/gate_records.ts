/**
 * What the history is told of an ask: its newest snapshot, and who did what (Autonomy 19.10). Pure.
 *
 * One writer per kind: of a line's gate the project's queue tells the history itself, with its task; of asks of programs and
 * of runners' requests for approval, their `HumanGate` does. A look, an ack or a claim is in the ask's chain alone.
 */
import { isUlid } from "../../../protocol/ids.ts";
import { assertNever } from "../../../protocol/result.ts";
import type { HistoryRecord } from "../event.ts";
import { type Ask, taskOf } from "./ask.ts";
import type { AuditContent } from "./audit_entry.ts";
import type { OpenedGate } from "./gate_state.ts";

type Snapshot = Extract<HistoryRecord, { kind: "gate" }>;

/** The records of one decision. None of a line's gate; no snapshot where the history has it. */
export function gateRecords(
  before: OpenedGate,
  after: OpenedGate,
  entries: readonly AuditContent[],
  nowMs: number,
): readonly HistoryRecord[] {
  if (after.ask.origin.kind === "line_gate") return [];
  const snapshot = snapshotOf(after, nowMs);
  const isNews = snapshot !== null && JSON.stringify(snapshot) !== JSON.stringify(snapshotOf(before, nowMs));
  return [...(isNews ? [snapshot] : []), ...entries.flatMap((entry) => auditOf(after, entry) ?? [])];
}

/** The task that an ask is about: the one that waits for it, or the one that a program made its subject. */
function taskAbout(ask: Ask): string | null {
  const ref = ask.subject?.ref ?? "";
  return taskOf(ask) ?? (isUlid(ref) ? ref : null);
}

/** Null: nobody has been asked yet. An end is told by the decision that made it: its time is `nowMs`. */
function snapshotOf({ ask, state }: OpenedGate, nowMs: number): Snapshot | null {
  const { askId, title, createdAtMs: openedAtMs } = ask;
  const origin = ask.origin.kind;
  const same = {
    kind: "gate",
    askId,
    origin,
    taskId: taskAbout(ask),
    gateId: origin,
    gateName: title,
  } as const;
  const waiting = { outcome: null, decidedBy: null, reason: null, openedAtMs, endedAtMs: null };
  const ended = { ...same, ...waiting, state: state.kind, endedAtMs: nowMs };
  switch (state.kind) {
    case "armed":
      return null;
    case "open":
    case "answered":
      return { ...same, ...waiting, state: "open" };
    case "verified": {
      const { decision, by, comment, decidedAtMs } = state.outcome;
      const answer = { outcome: decision ?? "done", decidedBy: by, reason: comment, endedAtMs: decidedAtMs };
      return { ...ended, ...answer, state: "resolved" };
    }
    case "cancelled":
      return { ...ended, decidedBy: state.by, reason: state.reason };
    case "superseded":
      return { ...ended, reason: `the subject is now ${state.rev}` };
    case "expired":
      return { ...ended, decidedBy: "system", reason: "nobody answered in time" };
    default:
      return assertNever(state);
  }
}

/** Null: the audit trail leaves it to the chain. */
function auditOf(gate: OpenedGate, entry: AuditContent): HistoryRecord | null {
  const { ask, state } = gate;
  const told = toldOf(gate, entry);
  if (told === null) return null;
  const isRequest = ask.origin.kind === "approval_request";
  const { verb, actor = entry.by, detail = "" } = told;
  return {
    kind: "audit",
    action: `${isRequest ? "approval" : "ask"}_${verb}`,
    actor,
    taskId: taskAbout(ask),
    subject: `${isRequest ? "request" : "ask"}:${ask.askId}`,
    detail: detail === "" && state.kind === "cancelled" ? state.reason : detail,
    atMs: Date.parse(entry.at),
  };
}

interface Told {
  readonly verb: string;
  readonly actor?: string;
  readonly detail?: string;
}

function toldOf(gate: OpenedGate, { type, detail = {} }: AuditContent): Told | null {
  const { ask, state } = gate;
  switch (type) {
    case "gate.opened": {
      const { origin } = ask;
      const detail = origin.kind === "approval_request" ? `${origin.method} ${origin.url}` : ask.title;
      return { verb: "asked", actor: ask.requestedBy, detail };
    }
    case "gate.verified": {
      if (state.kind !== "verified") return null;
      const { decision, by, comment } = state.outcome;
      return { verb: decision ?? "done", actor: by, detail: comment };
    }
    case "gate.unverified":
      return { verb: "unverified", detail: gate.unverified.reason ?? "" };
    case "gate.cancelled":
      return { verb: "not_decided" };
    case "gate.superseded":
      return { verb: "not_decided", detail: "the subject has another revision" };
    case "gate.expired":
      return { verb: "not_decided", detail: "nobody answered in time" };
    case "gate.delegated":
    case "gate.reassigned":
      return { verb: type.slice("gate.".length), detail: String(detail["to"] ?? "") };
    case "gate.escalation_exhausted":
      return { verb: "unattended", detail: "nobody has acknowledged it on any level" };
    default:
      return null;
  }
}
