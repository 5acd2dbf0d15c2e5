/** What Podman's words for a container mean here (Runtime 1.2). Pure. */
import type { ContainerRecord, ContainerState } from "../ports.ts";

/** Podman's nine words for our three; `stopping` and `paused` still run, `removing` does not. */
export function lifeOf(status: string): ContainerRecord["state"] {
  if (status === "created" || status === "configured" || status === "initialized") return "created";
  return status === "exited" || status === "stopped" || status === "removing" ? "exited" : "running";
}

/** What of `GET /containers/{id}/json` is read. */
export interface PodmanState {
  readonly Status: string;
  readonly ExitCode: number;
  readonly StartedAt: string;
  readonly FinishedAt: string;
  readonly Pid?: number;
}

/** @param startError Our own record: Podman leaves a container whose start failed `created`, with exit code 0 and no error. */
export function containerState(state: PodmanState, startError: string | null): ContainerState {
  const life = lifeOf(state.Status);
  const times = { startedAtMs: timeOf(state.StartedAt), stoppedAtMs: timeOf(state.FinishedAt) };
  const calm = { isPaused: state.Status === "paused", exitCode: null, error: null, hostPid: null, ...times };
  if (life === "running") {
    return { ...calm, status: "running", stoppedAtMs: null, hostPid: state.Pid || null };
  }
  if (life === "created") {
    return startError === null
      ? { ...calm, status: "created" }
      : { ...calm, status: "error", error: startError };
  }
  const isClean = state.ExitCode === 0;
  // A command that ends at once may have "finished" before Podman notes that it "started".
  const stoppedAtMs = times.stoppedAtMs === null ? null : Math.max(times.stoppedAtMs, times.startedAtMs ?? 0);
  return {
    ...calm,
    stoppedAtMs,
    status: isClean ? "stopped" : "error",
    exitCode: state.ExitCode,
    error: isClean ? null : `the command ended with ${state.ExitCode}`,
  };
}

/** Podman writes the zero time for "never". */
export function timeOf(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) || ms <= 0 ? null : ms;
}
