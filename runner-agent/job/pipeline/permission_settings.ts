/** The settings of Claude Code's permission hooks, for people who take their time. Pure. */
import { HOOK_MAX_S } from "./call_limits.ts";

/** The files of a call, in which each hook that has a time has as much as a station's people may need. */
export function withLongHooks(files: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, withLongTimes(name, text)]));
}

function withLongTimes(name: string, text: string): string {
  if (!name.endsWith(".json")) return text;
  return JSON.stringify(JSON.parse(text, (key, value) => key === "timeout" ? HOOK_MAX_S : value));
}
