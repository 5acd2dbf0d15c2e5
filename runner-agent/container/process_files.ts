/** How the process driver reads the files by which it knows its runs. */
import { isNoSuchProcess } from "./no_such_process.ts";
import { readProcessStart } from "./process_start.ts";

/** For removals. */
export function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** Null where there is no such file. */
export async function writtenAtMs(path: string): Promise<number | null> {
  const info = await Deno.stat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
  return info?.mtime?.getTime() ?? null;
}

/** True while the process of a `/proc/PID/stat` line lives: same pid, same start time, not a zombie. */
export async function isSameProcess(statLine: string): Promise<boolean> {
  const now = await readText(`/proc/${Number.parseInt(statLine)}/stat`);
  return now !== null && readProcessStart(now).startTicks === readProcessStart(statLine).startTicks &&
    !readProcessStart(now).isDead;
}

/** Null where there is no such file. */
export async function readText(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || isNoSuchProcess(error)) return null;
    throw error;
  }
}
