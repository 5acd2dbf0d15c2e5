/** A command of a person to an agent, on its way: queued, sent, done (`protocol/agent/commands.ts`). Pure. */
import type {
  AgentCommand,
  AgentCommandKind,
  CommandData,
  CommandOutcome,
  CommandState,
} from "../../protocol/agent/commands.ts";
import { AGENT_COMMANDS_AT_ONCE_MAX, AGENT_COMMANDS_AT_ONCE_MAX_BYTES } from "../../protocol/agent/limits.ts";
import { isoTime } from "../../protocol/line/time.ts";

/** What somebody wants of an agent. */
export interface CommandWish {
  readonly kind: AgentCommandKind;
  readonly text: string | null;
  readonly interrupt: boolean;
  readonly keys: readonly string[];
  /** Of a message: for how long it may be given to the agent. */
  readonly expiresInS?: number;
}

export interface AgentCommandRow extends Omit<CommandWish, "expiresInS"> {
  readonly id: string;
  readonly runId: string;
  readonly state: CommandState;
  readonly outcome: CommandOutcome["outcome"] | null;
  readonly detail: string | null;
  readonly by: string;
  readonly createdAtMs: number;
  /** Absent: it waits as long as the run lasts. */
  readonly expiresAtMs?: number;
  readonly sentAtMs: number | null;
  readonly doneAtMs: number | null;
}

/** A command that somebody has just asked for. */
export function newCommand(
  { expiresInS, ...wish }: CommandWish & Pick<AgentCommandRow, "id" | "runId" | "by">,
  nowMs: number,
): AgentCommandRow {
  return {
    ...wish,
    ...(expiresInS === undefined ? {} : { expiresAtMs: nowMs + expiresInS * 1_000 }),
    ...{ state: "queued", outcome: null, detail: null },
    ...{ createdAtMs: nowMs, sentAtMs: null, doneAtMs: null },
  };
}

/** Whether it is too late to give it to the agent. */
export function isLate({ expiresAtMs }: AgentCommandRow, nowMs: number): boolean {
  return expiresAtMs !== undefined && expiresAtMs <= nowMs;
}

/** A command that goes out again keeps the time of its first going. */
export function sentCommand(row: AgentCommandRow, nowMs: number): AgentCommandRow {
  return row.state === "queued" ? { ...row, state: "sent", sentAtMs: nowMs } : row;
}

/** Its first end is its end: what is said of it again changes nothing. Keys are forgotten: they may be a password. */
export function doneCommand(
  row: AgentCommandRow,
  { outcome, detail }: CommandOutcome,
  nowMs: number,
): AgentCommandRow {
  return row.state === "done" ? row : { ...row, keys: [], state: "done", outcome, detail, doneAtMs: nowMs };
}

/** What fits into one answer: the oldest first, at least one. */
export function commandsAtOnce(open: readonly AgentCommandRow[]): readonly AgentCommandRow[] {
  let bytes = 0;
  return open.slice(0, AGENT_COMMANDS_AT_ONCE_MAX).filter(({ text }, n) => {
    bytes += (text ?? "").length;
    return n === 0 || bytes <= AGENT_COMMANDS_AT_ONCE_MAX_BYTES;
  });
}

/** As the runner gets it now: what is late goes there, too, as only the runner knows whether the agent has it. */
export function wireCommand(row: AgentCommandRow, nowMs: number): AgentCommand {
  const { id, runId, kind, text, interrupt, keys, expiresAtMs } = row;
  const head = { runId, commandId: id };
  switch (kind) {
    case "message":
      return {
        ...{ ...head, kind, text: text ?? "", interrupt },
        ...(expiresAtMs === undefined ? {} : { expiresInMs: Math.max(0, expiresAtMs - nowMs) }),
      };
    case "keys":
      return { ...head, kind, keys: [...keys] };
    case "resume":
      return { ...head, kind, text };
    case "interrupt":
    case "suspend":
      return { ...head, kind };
  }
}

/** As people see it. */
export function commandView(row: AgentCommandRow): CommandData {
  const { createdAtMs, sentAtMs, doneAtMs, expiresAtMs, keys: _, ...rest } = row;
  const time = (ms: number | null) => ms === null ? null : isoTime(ms);
  return {
    ...rest,
    createdAt: isoTime(createdAtMs),
    expiresAt: time(expiresAtMs ?? null),
    sentAt: time(sentAtMs),
    doneAt: time(doneAtMs),
  };
}
