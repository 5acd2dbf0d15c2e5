/** A sandbox as sealed as a job's that only looks at what its image has: no worktree, no hub. */
import { SANDBOX_CPUS, SANDBOX_MEMORY_BYTES, SANDBOX_PIDS, SANDBOX_TMP_BYTES } from "../limits.ts";
import type { ContainerSpec, HarnessName } from "../ports.ts";

export function probeSpec(
  name: HarnessName,
  image: string,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ContainerSpec {
  return {
    // The run's name says what it is, should a runner die meanwhile: its next start removes it.
    runId: `probe-${name}-${crypto.randomUUID()}`,
    jobId: "probe",
    attempt: 1,
    image,
    command,
    env,
    workDir: "/tmp",
    mounts: [],
    limits: { memoryBytes: SANDBOX_MEMORY_BYTES, pids: SANDBOX_PIDS, cpus: SANDBOX_CPUS },
    tmpfs: { "/tmp": SANDBOX_TMP_BYTES },
    forwards: {},
    networkProfile: "sealed",
    shadows: [],
  };
}
