/**
 * What hooks told while nobody listened (`container/run_bin/agent_hook`): one line each, `EVENT JSON`. It is the agent's
 * directory: nothing is believed of it that a hook could not have told, and no link is followed.
 */
import { constants } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { HookEvent } from "../agent_ports.ts";
import { MISSED_HOOKS_MAX_BYTES } from "../limits.ts";
import type { RunDirs } from "./run_dirs.ts";

export const MISSED_HOOKS_NAME = "hooks.missed";

/** Takes them out of the file: they are told once. */
export async function missedHooks(dirs: Pick<RunDirs, "out">): Promise<readonly HookEvent[]> {
  const path = join(dirs.out, MISSED_HOOKS_NAME);
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const info = await file.stat();
      if (!info.isFile()) return [];
      const bytes = new Uint8Array(Math.min(info.size, MISSED_HOOKS_MAX_BYTES));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      return new TextDecoder().decode(bytes.subarray(0, bytesRead)).split("\n").flatMap(hookOf);
    } finally {
      await file.close();
      await rm(path, { force: true, recursive: true });
    }
  } catch {
    // Whatever is there instead of the file is the agent's own doing.
    return [];
  }
}

function hookOf(line: string): readonly HookEvent[] {
  const at = line.indexOf(" ");
  return at < 0 ? [] : [readHook(line.slice(0, at), line.slice(at + 1))].filter((event) => event !== null);
}

/** A hook's words, or null for what is none. */
export function readHook(name: string, text: string): HookEvent | null {
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(name)) return null;
  try {
    const payload: unknown = text.trim() === "" ? {} : JSON.parse(text);
    return typeof payload === "object" && payload !== null && !Array.isArray(payload)
      ? { name, payload: payload as HookEvent["payload"] }
      : null;
  } catch {
    return null;
  }
}
