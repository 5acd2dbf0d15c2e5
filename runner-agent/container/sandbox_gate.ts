/**
 * The self-test of a sandbox and the gate behind it: `init.sh` holds everything of the agent back until the runner has
 * looked, by a program of its own inside, that the sandbox is what it should be.
 *
 * ```
 * start -> init: forwards listen -> waits for the gate file
 *          runner: exec self-test -> no fault: makes the gate file -> init: services, command
 *                                 -> a fault: the file never appears; the conductor ends the run
 * ```
 *
 * 1. The gate file is on the host, in the directory that the sandbox sees read-only: nothing inside can make it.
 * 2. `openGate` may be called again, as by a runner that adopts the run: an open gate stays open, until `closeGate` before the
 *    run's next sandbox is created.
 * 3. Only Podman has something to test; the other drivers isolate nothing, and say so elsewhere.
 */
import { judgeSandbox } from "../domain/agent/sandbox_report.ts";
import { SELF_TEST_MAX_BYTES, SELF_TEST_MAX_MS } from "../limits.ts";
import type { ContainerRuntime, ContainerSpec } from "../ports.ts";
import { AGENT_HOME, AGENT_ID, INIT_TARGET } from "./podman_create_body.ts";

/** The variable that names the gate file inside. */
export const GATE_VARIABLE = "SHOPFLOOR_GATE";

export interface GateRequest {
  readonly runtime: Pick<ContainerRuntime, "name" | "exec">;
  readonly containerId: string;
  /** As it was created with. */
  readonly spec: Pick<ContainerSpec, "networkProfile" | "shadows" | "mounts" | "tmpfs">;
  /** On the host; what `GATE_VARIABLE` names inside. */
  readonly gateFile: string;
}

/**
 * Tests a sandbox that has been started, and lets its command begin if nothing is wrong.
 *
 * @returns What is wrong, for people; empty: the gate is open.
 */
export async function openGate(
  { runtime, containerId, spec, gateFile }: GateRequest,
): Promise<readonly string[]> {
  if (await exists(gateFile)) return [];
  if (runtime.name === "podman") {
    const faults = await selfTest(runtime, containerId, spec);
    if (faults.length > 0) return faults;
  }
  await Deno.writeTextFile(gateFile, "", { mode: 0o644 });
  return [];
}

/** Before a sandbox is created, also when its run had another one: a gate that stands open would be no gate. */
export async function closeGate(gateFile: string): Promise<void> {
  await Deno.remove(gateFile).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** Asks the sandbox about itself. Rejects if it does not run. */
export async function selfTest(
  runtime: Pick<ContainerRuntime, "exec">,
  containerId: string,
  spec: GateRequest["spec"],
): Promise<readonly string[]> {
  const result = await runtime.exec(containerId, {
    argv: ["/bin/sh", "-c", SCRIPT, "self_test", ...spec.shadows],
    timeoutMs: SELF_TEST_MAX_MS,
    maxBytes: SELF_TEST_MAX_BYTES,
  });
  return judgeSandbox(new TextDecoder().decode(result.stdout), {
    networkProfile: spec.networkProfile,
    shadows: spec.shadows,
    mountPoints: [
      ...spec.mounts.map((mount) => mount.target),
      ...Object.keys(spec.tmpfs),
      ...["/tmp", AGENT_HOME, INIT_TARGET],
    ],
    uid: AGENT_ID,
  });
}

/** POSIX sh with `id` and `ls`. One line per fact; what cannot be read is a line that is missing, and so a fault. */
const SCRIPT = `
echo "#id $(id -u) $(id -g)"
while read -r line; do echo "#map $line"; done </proc/self/uid_map
for process in 1 self; do
  while read -r line; do
    case $line in Cap*|NoNewPrivs:*|Seccomp:*) echo "#proc $process $line" ;; esac
  done </proc/$process/status
done
for name in $(ls /sys/class/net); do echo "#net $name"; done
{ read -r head; while read -r line; do echo "#route $line"; done; } </proc/net/route
while read -r a b c d point options rest; do echo "#mount $point $options"; done </proc/self/mountinfo
( : >/shopfloor_self_test ) 2>/dev/null && echo "#wrote"
for path in "$@"; do
  if [ -L "$path" ]; then state=visible
  elif [ -d "$path" ]; then
    if found=$(ls -A "$path") && [ -z "$found" ]; then state=hidden; else state=visible; fi
  elif [ -e "$path" ]; then
    if [ -s "$path" ] || [ -f "$path" ]; then state=visible; else state=hidden; fi
  else state=absent; fi
  echo "#shadow $state $path"
done
echo "#end"
`;

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
