/**
 * What stands around the sandbox of a run: room on the disk before it is made, the self-test and its gate at its start, and
 * the watchdog and the disk guard while it runs.
 *
 * 1. A fault asks the watch to stop the run; what was found is written first, so that the report says it also after a crash.
 * 2. The gate is looked at whenever a run is followed: one that was started by a runner that died before its self-test passes
 *    it now, one whose gate is open goes on.
 */
import { join } from "node:path";
import { DISK_BOUNDS, refuseForDisk, startDiskGuard, writablePaths } from "../container/disk_guard.ts";
import { closeGate, openGate } from "../container/sandbox_gate.ts";
import type { DiskBounds } from "../domain/agent/disk_guard.ts";
import type { StopReason } from "../domain/job_phase.ts";
import type { RunPhase } from "../domain/job_phase.ts";
import { limitsOf, sandboxSeal } from "./container_spec.ts";
import { callFiles } from "./pipeline/call_files.ts";
import { JOURNAL_NAME } from "./pipeline/pipeline_drive.ts";
import type { RunContext } from "./run_context.ts";
import { GATE_NAME } from "./run_dirs.ts";
import type { RunWatch } from "./run_watch.ts";
import { readIfThere, writeWhole } from "./whole_file.ts";

/** Guards of one run; `stop` resolves when they look no more. */
export interface SandboxGuards {
  stop(): Promise<void>;
}

/** Whichever is less: what this runner gives, or what its settings say. */
function diskBoundsOf({ deps, role }: RunContext): DiskBounds {
  const bounds = deps.diskBounds ?? DISK_BOUNDS;
  const said = role.decided?.settings.values["limits.disk"] ?? bounds.maxBytes;
  return { ...bounds, maxBytes: Math.min(bounds.maxBytes, said) };
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
 * Tests the sandbox of a run that was started, lets its command begin, and guards it from then on. With a fault the watch is
 * asked to stop the run, and there is nothing to guard.
 *
 * Rejects if the sandbox cannot be asked.
 */
export async function guardSandbox(
  context: RunContext,
  { worktree, containerId }: RunPhase & { kind: "started" },
  watch: RunWatch,
): Promise<SandboxGuards> {
  const { deps, dirs } = context;
  const seal = sandboxSeal(context, worktree);
  const stop = (reason: StopReason, detail: string) => stopFor(context, watch, reason, detail);
  const gateFile = join(dirs.hub, GATE_NAME);
  const faults = await openGate({ runtime: deps.runtime, containerId, spec: seal, gateFile });
  if (faults.length > 0) {
    await stop("not_sealed", faults.join("; "));
    return { stop: () => Promise.resolve() };
  }
  let stopping: Promise<void> = Promise.resolve();
  const onFault = ({ message }: { readonly message: string }) => {
    stopping = stop("limit_exceeded", message);
  };
  const limits = limitsOf(context);
  const unwatch = deps.watchdog?.watch({ containerId, limits, onFault });
  const disk = startDiskGuard({
    paths: [...writablePaths(seal.mounts), ...pipelinePaths(context)],
    clock: deps.clock,
    onFault,
    bounds: diskBoundsOf(context),
  });
  return {
    async stop() {
      unwatch?.();
      await disk.stop();
      await stopping;
    },
  };
}

/** Invariant 1. Never rejects: that it cannot be written down why, as on a disk that is full, is no reason to let it go on. */
export async function stopFor(
  context: RunContext,
  watch: RunWatch,
  reason: StopReason,
  detail: string,
): Promise<void> {
  context.deps.log("sandbox_fault", { ...context.ids, reason, detail });
  try {
    await writeStopDetail(context, detail);
  } catch (error) {
    context.deps.log("sandbox_fault", { ...context.ids, reason, fault: faultName(error) });
  }
  watch.askToStop(reason);
}

/** What was found when the run was stopped for its sandbox; null when that was not why. */
export function readStopDetail(context: RunContext): Promise<string | null> {
  return readIfThere(detailFile(context));
}

async function writeStopDetail(context: RunContext, detail: string): Promise<void> {
  await writeWhole(detailFile(context), detail);
}

/** What this machine keeps of a pipeline, which its steps and their output make grow. */
function pipelinePaths({ dirs, pipeline }: RunContext): readonly string[] {
  return pipeline.decided === null ? [] : [callFiles(dirs).dir, join(dirs.root, JOURNAL_NAME)];
}

/** Outside of all that the sandbox sees. */
function detailFile({ dirs }: RunContext): string {
  return join(dirs.root, "stopped_for.txt");
}

function faultName(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
