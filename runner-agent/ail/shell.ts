/**
 * Runs `/bin/sh -c` for context steps (Pipeline s05.5). The command leads a process group of its own: when its time is over,
 * or nobody waits for it any more, the whole group is ended.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { ShellAnswer } from "../pipeline/effect.ts";
import { type Fault, fault } from "../pipeline/fault.ts";
import { OUTPUT_MAX_BYTES, TERM_GRACE_MS } from "./limits.ts";

export interface ShellRequest {
  readonly command: string;
  readonly timeoutMs: number | null;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
}

export async function runShell(
  { command, timeoutMs, cwd, environment }: ShellRequest,
  signal: AbortSignal,
  warn: (message: string) => void,
): Promise<Result<ShellAnswer, Fault>> {
  if (signal.aborted) return err(fault("ail:runner/cancelled", "the command was cancelled"));
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command("/bin/sh", {
      args: ["-c", command],
      cwd,
      env: { ...environment },
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      detached: true,
    }).spawn();
  } catch (error) {
    return err(fault("ail:runner/invocation-failed", `cannot start /bin/sh: ${(error as Error).message}`));
  }
  let end: "timeout" | "cancelled" | null = null;
  const timers: ReturnType<typeof setTimeout>[] = [];
  const stop = (why: "timeout" | "cancelled") => {
    end ??= why;
    signalGroup(child.pid, "SIGTERM");
    timers.push(setTimeout(() => signalGroup(child.pid, "SIGKILL"), TERM_GRACE_MS));
  };
  const onAbort = () => stop("cancelled");
  signal.addEventListener("abort", onAbort);
  if (timeoutMs !== null) timers.push(setTimeout(() => stop("timeout"), timeoutMs));
  try {
    const [stdout, stderr, status] = await Promise.all([
      readBounded(child.stdout),
      readBounded(child.stderr),
      child.status,
    ]);
    if (end === "timeout") {
      return err(fault("ail:runner/timeout", `the command did not end within ${timeoutMs! / 1000} s`));
    }
    if (end === "cancelled") return err(fault("ail:runner/cancelled", "the command was cancelled"));
    if (stdout.isCut || stderr.isCut) {
      warn(`a command wrote more than ${OUTPUT_MAX_BYTES / 1_048_576} MiB: the rest is dropped`);
    }
    const exitCode = status.signal === null ? status.code : -1;
    return ok({ stdout: stdout.text, stderr: stderr.text, exitCode });
  } finally {
    signal.removeEventListener("abort", onAbort);
    for (const timer of timers) clearTimeout(timer);
    // What ignored the first signal and outlived the command.
    if (end !== null) signalGroup(child.pid, "SIGKILL");
  }
}

/** All of a stream is read, so that its writer never waits; what is over the bound is dropped. Odd bytes become U+FFFD. */
async function readBounded(
  stream: ReadableStream<Uint8Array>,
): Promise<{ readonly text: string; readonly isCut: boolean }> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    const room = Math.max(0, OUTPUT_MAX_BYTES - bytes);
    if (room > 0) parts.push(decoder.decode(chunk.subarray(0, room), { stream: true }));
    bytes += chunk.length;
  }
  parts.push(decoder.decode());
  return { text: parts.join(""), isCut: bytes > OUTPUT_MAX_BYTES };
}

/** A group that is gone is no fault. */
export function signalGroup(pid: number, name: Deno.Signal): void {
  try {
    Deno.kill(-pid, name);
  } catch (error) {
    const isGone = error instanceof Deno.errors.NotFound || (error as { code?: string }).code === "ESRCH";
    if (!isGone) throw error;
  }
}
