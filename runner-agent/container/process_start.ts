/** Which process a pid means: a pid alone is reused, a pid with its start time is not. */

/** Fields of `/proc/PID/stat` that tell. */
export interface ProcessStart {
  /** Clock ticks from boot to the start of the process. */
  readonly startTicks: string;
  /** Ended, only not yet reaped. */
  readonly isDead: boolean;
}

/** Fields after the program's name, which is in brackets and may itself hold spaces and brackets. */
const STATE_FIELD = 0;
const START_FIELD = 19;

/** Reads one line of `/proc/PID/stat` (proc(5): field 3 is the state, field 22 the start time). */
export function readProcessStart(statLine: string): ProcessStart {
  const fields = statLine.slice(statLine.lastIndexOf(")") + 2).trim().split(" ");
  const state = fields[STATE_FIELD] ?? "";
  return { startTicks: fields[START_FIELD] ?? "", isDead: state === "Z" || state === "X" };
}

/** Sends a signal; a process (or group, when negative) that is gone is no fault. */
export function sendSignal(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    const isGone = error instanceof Deno.errors.NotFound || (error as { code?: string }).code === "ESRCH";
    if (!isGone) throw error;
  }
}
