/**
 * When a sandbox must be ended because it takes more than it may, where the kernel does not see to that (rootless on cgroup
 * version 1). Pure; `container/watchdog.ts` looks every second.
 *
 * 1. One look over a limit is not yet a fault: a program that forks counts twice for a moment. Two in a row are, and one at
 *    twice the limit is.
 */
import type { ContainerLimits } from "../../ports.ts";

/** What a sandbox's processes take at one moment. */
export interface ProcessUse {
  readonly memoryBytes: number;
  /** Processes and threads. */
  readonly processes: number;
}

/** Looks over each limit in a row, so far. */
export interface WatchdogState {
  readonly memoryLooks: number;
  readonly processLooks: number;
}

export const CALM: WatchdogState = { memoryLooks: 0, processLooks: 0 };

export interface LimitFault {
  readonly limit: "memory" | "processes" | "disk";
  /** For people: which limit, and what was found. */
  readonly message: string;
}

const LOOKS_TO_FAULT = 2;
const FAULT_AT_ONCE_FACTOR = 2;

/** @returns The state to look with next time, and the fault if there is one. */
export function watchSandbox(
  state: WatchdogState,
  use: ProcessUse,
  limits: Pick<ContainerLimits, "memoryBytes" | "pids">,
): { readonly state: WatchdogState; readonly fault: LimitFault | null } {
  const memoryLooks = nextLooks(state.memoryLooks, use.memoryBytes, limits.memoryBytes);
  const processLooks = nextLooks(state.processLooks, use.processes, limits.pids);
  const fault: LimitFault | null = memoryLooks >= LOOKS_TO_FAULT
    ? {
      limit: "memory",
      message: `its processes took ${mebibytes(use.memoryBytes)} of memory where ${
        mebibytes(limits.memoryBytes)
      } are allowed`,
    }
    : processLooks >= LOOKS_TO_FAULT
    ? { limit: "processes", message: `it had ${use.processes} processes where ${limits.pids} are allowed` }
    : null;
  return { state: { memoryLooks, processLooks }, fault };
}

function nextLooks(looks: number, value: number, limit: number): number {
  if (value <= limit) return 0;
  return value >= limit * FAULT_AT_ONCE_FACTOR ? LOOKS_TO_FAULT : looks + 1;
}

/** Bytes as people read them. */
export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}
