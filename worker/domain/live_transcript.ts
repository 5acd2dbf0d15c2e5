/**
 * What of a transcript the activity log of a run gets: texts of the agent and the tools that it used, of lines as Claude Code
 * writes them. What cannot be read, what people wrote, thoughts and results are left aside.
 *
 * Transcripts are sent again from their beginning: what is not newer than the newest that was kept is known already.
 *
 * Pure; owner: the `LiveSession` object.
 */
import type { WireAgentEvent } from "../../protocol/agent/events.ts";
import { LIVE_SYNC_KEPT_MAX, LIVE_SYNC_TEXT_MAX_CHARS } from "../limits.ts";

/** How far a session's transcript was kept. */
export interface TranscriptMark {
  /** Unix milliseconds of the newest line; 0: none was kept. */
  readonly untilMs: number;
  readonly kept: number;
}

export type TranscriptEvent = Pick<WireAgentEvent, "atMs" | "type" | "payload">;

export function readTranscript(
  lines: readonly string[],
  mark: TranscriptMark,
): { readonly events: readonly TranscriptEvent[]; readonly mark: TranscriptMark } {
  const events: TranscriptEvent[] = [];
  let { untilMs } = mark;
  for (const line of lines) {
    const read = eventsOf(line);
    const atMs = read[0]?.atMs ?? 0;
    if (atMs <= mark.untilMs || mark.kept + events.length + read.length > LIVE_SYNC_KEPT_MAX) continue;
    events.push(...read);
    untilMs = Math.max(untilMs, atMs);
  }
  return { events, mark: { untilMs, kept: mark.kept + events.length } };
}

type Json = Readonly<Record<string, unknown>>;

function eventsOf(line: string): readonly TranscriptEvent[] {
  const entry = objectOf(line);
  const message = entry?.["message"];
  if (entry?.["type"] !== "assistant" || !isObject(message)) return [];
  const atMs = Date.parse(String(entry["timestamp"]));
  if (!Number.isSafeInteger(atMs) || atMs <= 0) return [];
  const content = message["content"];
  const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
  if (!Array.isArray(blocks)) return [];
  return blocks.filter(isObject).flatMap((block): TranscriptEvent[] => {
    const { type, text, name } = block;
    if (type === "text" && typeof text === "string" && text !== "") {
      return [{ atMs, type: "text", payload: { text: cut(text) } }];
    }
    return type === "tool_use" && typeof name === "string"
      ? [{ atMs, type: "tool_call", payload: { tool: cut(name) } }]
      : [];
  });
}

function cut(text: string): string {
  return text.length > LIVE_SYNC_TEXT_MAX_CHARS ? `${text.slice(0, LIVE_SYNC_TEXT_MAX_CHARS)}…` : text;
}

function objectOf(line: string): Json | null {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
