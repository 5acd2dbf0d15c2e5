/** What this process may give to its children at most (Linux). */
import type { HardLimits } from "./podman_create_body.ts";

/** Podman lowers its own limit of processes to the machine's pids; no sandbox needs as many. */
const PROCESSES_MAX = 32_768;
/** Stands for "unlimited", which Podman's JSON cannot say. */
const OPEN_FILES_MAX = 1_048_576;

/** Podman's service was started beside us, by the same user: its limits are ours. */
export function readHardLimits(): HardLimits {
  return hardLimitsOf(Deno.readTextFileSync("/proc/self/limits"));
}

/** Reads the text of `/proc/self/limits` (proc(5)): name, soft, hard, unit in columns. */
export function hardLimitsOf(text: string): HardLimits {
  const hard = (name: string, max: number) => {
    const value = new RegExp(`^${name} +\\S+ +(\\S+)`, "m").exec(text)?.[1];
    return value === undefined || value === "unlimited" ? max : Math.min(max, Number(value));
  };
  return {
    openFiles: hard("Max open files", OPEN_FILES_MAX),
    processes: hard("Max processes", PROCESSES_MAX),
  };
}
