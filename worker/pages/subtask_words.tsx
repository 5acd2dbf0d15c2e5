/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The states of subtasks in words and colour. */
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
