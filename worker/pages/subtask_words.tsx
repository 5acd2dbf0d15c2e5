/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The states of subtasks in words and colour, and what moving from one to another is called. */
import type { SubtaskState } from "../../protocol/agent/subtask.ts";
import type { Tone } from "./parts.tsx";

const STATES: Readonly<Record<SubtaskState, { readonly text: string; readonly tone: Tone }>> = {
  pending: { text: "Pending", tone: "" },
  queued: { text: "Queued", tone: "" },
  in_progress: { text: "In progress", tone: "busy" },
  awaiting_verification: { text: "Waits for verification", tone: "wait" },
  done: { text: "Done", tone: "good" },
  pending_reevaluation: { text: "To be looked at again", tone: "wait" },
  dropped: { text: "Dropped", tone: "bad" },
};

export function SubtaskPill({ state }: { readonly state: SubtaskState }) {
  return <span class={`pill ${STATES[state].tone}`}>{STATES[state].text}</span>;
}

export function subtaskWords(state: SubtaskState): string {
  return STATES[state].text;
}

/** What moving does, as a person would say it. */
export function moveWords(from: SubtaskState, to: SubtaskState): string {
  switch (to) {
    case "pending":
      return from === "queued" ? "hold it back" : "put it back for later";
    case "queued":
      return "let an agent begin";
    case "in_progress":
      return "it is being worked on";
    case "awaiting_verification":
      return "it is ready to be verified";
    case "done":
      return "it is done";
    case "pending_reevaluation":
      return from === "done" ? "reopen it" : "it must be looked at again";
    case "dropped":
      return "drop it";
  }
}
