/** How an agent is, and what came of what people wanted of it, in words. Pure. */
import type { AgentCommandKind, CommandData } from "../../protocol/agent/commands.ts";
import type { ActivityEntry } from "../../protocol/agent/events.ts";
import type { Tone } from "./parts.tsx";

export interface Words {
  readonly text: string;
  readonly tone: Tone;
  /** What it does, asks or says, or why; null: nothing is known beside the words. */
  readonly detail: string | null;
}

const PHASES: Readonly<Record<string, readonly [string, Tone]>> = {
  created: ["Is being set up", "busy"],
  provisioning: ["Is being set up", "busy"],
  starting: ["Starts", "busy"],
  stopping: ["Comes to its end", ""],
  stopped: ["Has ended", ""],
  suspended: ["Suspended", "wait"],
  error: ["Failed", "bad"],
};
const ACTIVITIES: Readonly<Record<string, readonly [string, Tone]>> = {
  working: ["Working", "busy"],
  thinking: ["Thinking", "busy"],
  waiting_for_input: ["Waits for input", "wait"],
  blocked: ["Blocked", "bad"],
  completed: ["Completed", "good"],
  idle: ["Idle", ""],
};

/** How the agent is, by its last `status_change`. */
export function statusWords({ payload }: Pick<ActivityEntry, "payload">): Words {
  const phase = textOf(payload["phase"]) ?? "running";
  const cause = textOf(payload["cause"]);
  const known = PHASES[phase];
  if (known !== undefined) return { text: known[0], tone: known[1], detail: cause };
  const activity = textOf(payload["activity"]) ?? "";
  const [text, tone] = ACTIVITIES[activity] ?? [activity || "Running", ""];
  const detail = textOf(payload["detail"]);
  if (payload["isStalled"] === true) {
    return { text: "Stalled", tone: "bad", detail: `${text}${detail === null ? "" : `: ${detail}`}` };
  }
  return { text, tone, detail };
}

/** Whether the agent is asleep, by its last `status_change`. */
export function isAsleep(status: Pick<ActivityEntry, "payload"> | null): boolean {
  return status?.payload["phase"] === "suspended";
}

export const KINDS: Readonly<Record<AgentCommandKind, string>> = {
  message: "Message",
  interrupt: "Interrupt",
  keys: "Keys typed",
  suspend: "Suspend",
  resume: "Resume",
};

const STATES: Readonly<Record<string, readonly [string, Tone]>> = {
  queued: ["Queued", "wait"],
  sent: ["With its runner", "busy"],
  pasted: ["Pasted", "busy"],
  done: ["Done", "good"],
  confirmed: ["Confirmed", "good"],
  unconfirmed: ["Unconfirmed", "wait"],
  expired: ["Expired", "bad"],
  rejected: ["Rejected", "bad"],
  failed: ["Failed", "bad"],
  unknown_run: ["Not delivered", "bad"],
  not_supported: ["Not supported", "bad"],
};
const WHY: Readonly<Record<string, string>> = {
  unconfirmed: "it was pasted, and the agent did not say that it took it",
  expired: "it was not given to the agent in its time",
  unknown_run: "its runner has no such agent",
  not_supported: "this agent cannot",
};

/** The recorded state of a command; a message's own events say more than `sent`. */
export function commandWords(
  { state, outcome, detail }: Pick<CommandData, "state" | "outcome" | "detail">,
  event: Pick<ActivityEntry, "payload"> | undefined,
): Words {
  const told = textOf(event?.payload["state"]);
  const word = outcome ?? (told !== null && told !== "queued" ? told : state);
  const [text, tone] = STATES[word] ?? [word, ""];
  return { text, tone, detail: detail ?? textOf(event?.payload["why"]) ?? WHY[word] ?? null };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
