/**
 * What stands around the sandbox of a run: room on the disk before it is made, the self-test and its gate at its start, and
 * the watchdog and the disk guard while it runs.
 *
 * ```
 * create:  refuseForRoom -> not started, if it says why        closeRunGate, then runtime.create with gateEnvironment()
 * start:   runtime.start -> openRunGate -> faults: stop it, not started ("the sandbox is not sealed: ...")
 * follow:  openRunGate again for an adopted run; startGuards(onFault: ask the watch to stop) -> stop() at the end
 * ```
 */
import { join } from "node:path";
import { type DiskGuard, refuseForDisk, startDiskGuard, writablePaths } from "../container/disk_guard.ts";
import { closeGate, GATE_VARIABLE, openGate } from "../container/sandbox_gate.ts";
import type { LimitFault } from "../domain/agent/watchdog.ts";
import { SANDBOX_MEMORY_BYTES, SANDBOX_PIDS } from "../limits.ts";
import type { Worktree } from "../ports.ts";
import { sandboxSeal } from "./container_spec.ts";
import type { RunContext } from "./run_context.ts";
import { SANDBOX_ALP_DIR } from "./run_dirs.ts";

const GATE_NAME = "checked";

/** Among the variables of the sandbox; without it nothing waits for a gate. */
export function gateEnvironment(): Readonly<Record<string, string>> {
  return { [GATE_VARIABLE]: `${SANDBOX_ALP_DIR}/${GATE_NAME}` };
}

/** Why this run may not be begun on what is left of the disk; null when it may. */
export function refuseForRoom({ deps }: RunContext): Promise<string | null> {
  return refuseForDisk(deps.stateDir);
}

/** Before the sandbox is created: a run that goes on in another sandbox had a gate that stands open. */
export function closeRunGate({ dirs }: RunContext): Promise<void> {
  return closeGate(join(dirs.hub, GATE_NAME));
}

/**
 * Tests the started sandbox and lets its command begin. May be repeated: an open gate stays open.
 *
 * @returns What is wrong, for people; empty: it is as sealed as it should be.
 */
export function openRunGate(
  context: RunContext,
  worktree: Worktree,
  containerId: string,
): Promise<readonly string[]> {
  const { deps, dirs } = context;
  return openGate({
    runtime: deps.runtime,
    containerId,
    spec: sandboxSeal(context, worktree),
    gateFile: join(dirs.hub, GATE_NAME),
  });
}

/**
 * Guards the disk, and memory and processes where the kernel does not.
 *
 * @param onFault Told at most once by each; a sandbox over its memory or processes is killed right after it, one over its
 *   share of the disk is for the caller to stop.
 */
export function startGuards(
  context: RunContext,
  worktree: Worktree,
  containerId: string,
  onFault: (fault: LimitFault) => void,
): DiskGuard {
  const { deps } = context;
  const limits = { memoryBytes: SANDBOX_MEMORY_BYTES, pids: SANDBOX_PIDS };
  const unwatch = deps.watchdog?.watch({ containerId, limits, onFault });
  const paths = writablePaths(sandboxSeal(context, worktree).mounts);
  const disk = startDiskGuard({ paths, clock: deps.clock, onFault });
  return {
    stop() {
      unwatch?.();
      return disk.stop();
    },
  };
}
