/**
 * The watchdog over sandboxes whose limits the kernel does not enforce (`runtime.needsWatchdog`): looks at their processes
 * every second and ends a sandbox that takes more than it may.
 *
 * 1. One loop for all sandboxes of a runner; with none to watch it does nothing, and ends.
 * 2. The fault is told before the sandbox is killed, so that whoever sees its end knows why; it is told once.
 * 3. A look that fails is a look that is missed: the next one comes a second later.
 */
import { CALM, type LimitFault, type WatchdogState, watchSandbox } from "../domain/agent/watchdog.ts";
import { WATCHDOG_EVERY_MS } from "../limits.ts";
import type { Clock, ContainerLimits, ContainerRuntime } from "../ports.ts";
import { type ProcessRow, readProcesses, useOf } from "./process_table.ts";

export interface WatchdogDeps {
  readonly runtime: Pick<ContainerRuntime, "inspect" | "stop">;
  readonly clock: Clock;
  readonly readProcesses?: () => readonly ProcessRow[];
}

export interface WatchRequest {
  readonly containerId: string;
  readonly limits: Pick<ContainerLimits, "memoryBytes" | "pids">;
  /** The sandbox is killed right after this. */
  onFault(fault: LimitFault): void;
}

export interface Watchdog {
  /** Watches a sandbox that has been started, until it ends or the answer is called. */
  watch(request: WatchRequest): () => void;
}

interface Watched {
  readonly request: WatchRequest;
  state: WatchdogState;
}

/** One per runner. */
export function createWatchdog(
  { runtime, clock, readProcesses: read = readProcesses }: WatchdogDeps,
): Watchdog {
  const watched = new Set<Watched>();
  let isLooping = false;

  async function loop(): Promise<void> {
    while (watched.size > 0) {
      try {
        await look(read());
      } catch {
        // Invariant 3: Podman is away, or /proc could not be read.
      }
      await clock.sleep(WATCHDOG_EVERY_MS);
    }
    isLooping = false;
  }

  async function look(rows: readonly ProcessRow[]): Promise<void> {
    for (const one of [...watched]) {
      const { containerId, limits } = one.request;
      const found = await runtime.inspect(containerId);
      if (!watched.has(one)) continue;
      if (found === null || found.status === "stopped" || found.status === "error") {
        watched.delete(one);
        continue;
      }
      if (found.hostPid === null) continue;
      const { state, fault } = watchSandbox(one.state, useOf(found.hostPid, rows), limits);
      one.state = state;
      if (fault === null) continue;
      watched.delete(one);
      one.request.onFault(fault);
      await runtime.stop(containerId, 0);
    }
  }

  return {
    watch(request) {
      const one: Watched = { request, state: CALM };
      watched.add(one);
      if (!isLooping) {
        isLooping = true;
        loop();
      }
      return () => watched.delete(one);
    },
  };
}
