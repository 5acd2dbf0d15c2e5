/**
 * Why a turn of Codex failed: no hook tells it, but the session's file (`~/.codex/sessions/YEAR/MONTH/DAY/rollout-*.jsonl`,
 * named by every hook) does, when the last try of a request is over. What was used is told by hooks.
 */

import type { UsageFile } from "../agent_ports.ts";
import { filledField, objectField, transcriptPath } from "./session_events.ts";
import { createLineTally, type LineNews } from "./usage_lines.ts";

export const codexRollout: UsageFile = {
  pathsOf(event) {
    const path = transcriptPath(event);
    return path === null ? [] : [path];
  },
  createTally: () => createLineTally(newsOf),
};

function newsOf(line: Readonly<Record<string, unknown>>): readonly LineNews[] {
  const payload = objectField(line, "payload");
  if (line.type !== "event_msg" || payload.type !== "task_complete") return [];
  if (payload.error === null || payload.error === undefined) return [];
  return [{
    kind: "failure",
    message: filledField(objectField(payload, "error"), "message") ?? "the model failed",
  }];
}
