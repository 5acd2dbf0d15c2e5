/**
 * What a run uses of its runner's machine (ours): POST .../runs/{runId}/jobs/{jobId}/usage by the runner, beside the
 * output and never in a heartbeat, so that it costs the queue nothing.
 */
import { z } from "zod";

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);

/** One look at a sandbox. Counters begin with the sandbox and only grow. */
export const usagePoint = z.object({
  /** Milliseconds since the agent's start. */
  atMs: count,
  /** Processor time of all processes: counter. */
  cpuMs: count,
  memoryBytes: count,
  /** From and to block devices: counters. */
  readBytes: count,
  writeBytes: count,
  /** Processes and threads now. */
  pids: count,
});
export type UsagePoint = z.infer<typeof usagePoint>;

/** What the run's sandbox is. Limits are null where none are enforced. */
export const sandboxFacts = z.object({
  driver: z.string().min(1).max(50),
  /** The runner's own name for it. */
  containerId: z.string().max(200),
  /** Null: there is none. */
  image: z.string().max(500).nullable(),
  cpus: z.number().positive().max(100_000).nullable(),
  memoryBytes: count.nullable(),
  pids: count.nullable(),
});
export type SandboxFacts = z.infer<typeof sandboxFacts>;

/** Points in order of time; those that were sent before are passed over. */
export const usageInput = z.object({
  sandbox: sandboxFacts,
  points: z.array(usagePoint).max(100),
});
export type UsageInput = z.infer<typeof usageInput>;

/** GET .../tasks/{taskId}/runs/{runId}/usage. */
export const usageAnswer = z.object({
  sandbox: sandboxFacts.nullable(),
  points: z.array(usagePoint),
});
export type RunUsage = z.infer<typeof usageAnswer>;
