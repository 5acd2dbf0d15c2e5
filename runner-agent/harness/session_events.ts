/**
 * What the four sessions have in common about hooks: which events they ask for, and how the fields of a payload are
 * read. A payload is another program's word: whatever is missing or of another type is null, never an error.
 */

import type { HookEvent } from "../agent_ports.ts";
import { untrustedCount } from "../domain/agent/untrusted_usage.ts";
import { type HookCommand, STOP_HOOK_TIMEOUT_MS } from "./agent_cli.ts";

/** A hook only hands its event over; a runner that is away must not hold an agent up for long. */
const HOOK_TIMEOUT_MS = 10_000;

/**
 * The hooks of a session, in the shape that the CLIs share.
 *
 * @param turnEnd The event whose answer may keep the agent from its end, so that it waits for a look at the worktree.
 */
export function hookCommands(
  hookCommand: string,
  events: readonly string[],
  turnEnd: string,
): readonly HookCommand[] {
  return events.map((event) => ({
    event,
    command: `${hookCommand} ${event}`,
    timeoutMs: event === turnEnd ? STOP_HOOK_TIMEOUT_MS : HOOK_TIMEOUT_MS,
  }));
}

type Fields = Readonly<Record<string, unknown>>;

export function textField(fields: Fields, name: string): string | null {
  const value = fields[name];
  return typeof value === "string" ? value : null;
}

/** A text that is there and not empty. */
export function filledField(fields: Fields, name: string): string | null {
  const value = textField(fields, name);
  return value === "" ? null : value;
}

/** An object's fields; none where there is no object. */
export function objectField(fields: Fields, name: string): Fields {
  return asFields(fields[name]);
}

export function asFields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Fields : {};
}

/** A count of tokens; 0 for what is none. */
export function countField(fields: Fields, name: string): number {
  return untrustedCount(fields[name]);
}

/** The absolute path of the session's own file, where the CLIs of Claude Code's shape name it. */
export function transcriptPath({ payload }: HookEvent): string | null {
  return filledField(payload, "transcript_path");
}
