/**
 * Runs programs inside the sandbox of one run, by files: what is to run is written where the sandbox only reads, what came of
 * it is read where the sandbox writes. So a program outlives the runner that began it, and its end is found by the next one.
 *
 * 1. `run` never rejects. What was begun under an id is found again, and never begun twice.
 * 2. The end of a program wins over a stop that comes after it; the first stop wins over later ones, in each life.
 * 3. A look reads a bounded piece, and between two looks the runner does something else.
 * 4. What a sandbox that has ended left behind is still read.
 */
import type { Clock } from "../../ports.ts";
import type { RunDirs } from "../run_dirs.ts";
import { type BegunCall, CallBook, type CallStop } from "./call_book.ts";
import { CallConsole } from "./call_console.ts";
import { callFiles, makeCallFiles, wakeStation, writeWhole } from "./call_files.ts";
import {
  BEGIN_AGAIN_MAX_MS,
  BEGIN_MAX_MS,
  FINISH_AGAIN_MS,
  KEPT_MAX_BYTES,
  LOOK_EVERY_MAX_MS,
  LOOK_FAULTS_MAX,
  LOOK_MIN_MS,
  STOP_BLIND_MS,
  STOP_MAX_MS,
  STREAM_MAX_BYTES,
} from "./call_limits.ts";
import { CallOutput, type Look } from "./call_output.ts";
import { KeptBytes } from "./kept_bytes.ts";
import type { CallEnd, CallRequest, SandboxCalls } from "./station_ports.ts";

export { STATION_COMMAND } from "./call_files.ts";

export interface SandboxCallsOptions {
  readonly dirs: Pick<RunDirs, "hub" | "out">;
  readonly clock: Clock;
  /** Aborts when the sandbox has ended, or is gone: nothing in it will come to an end any more. */
  readonly gone: AbortSignal;
  /** For the runner's log: never what a program said, or was told. */
  log(event: string, fields: Readonly<Record<string, unknown>>): void;
}

/** One for each run and life of the runner; the sandbox's command must be {@link STATION_COMMAND}. Nothing is done before the first use. */
export function openSandboxCalls(options: SandboxCallsOptions): SandboxCalls {
  const { clock, gone, log } = options;
  const files = callFiles(options.dirs);
  const book = new CallBook(files);
  const kept = new KeptBytes(KEPT_MAX_BYTES);
  let made: Promise<void> | null = null;
  /** The sandbox has begun a program in this life of the runner. */
  let hasBegun = false;
  const make = () =>
    made ??= makeCallFiles(files).catch((error) => {
      made = null;
      throw error;
    });
  const fault = (error: unknown) => log("pipeline_calls_fault", { fault: nameOf(error) });
  const console = new CallConsole({
    file: files.console,
    onWritten: () => wakeStation(files, "say"),
    onFault: fault,
  });

  async function run(id: string, request: CallRequest, signal: AbortSignal): Promise<CallEnd> {
    await make();
    const found = await book.find(id);
    if (found === null && signal.aborted) return { kind: "cancelled" };
    if (found === null && gone.aborted) return SANDBOX_GONE;
    const call = found ?? await book.begin(id, request, clock.nowMs());
    await wakeStation(files, call.stop === null ? "call" : `stop ${call.n}`);
    const part = kept.part();
    try {
      const end = await follow(id, call, request, part, signal);
      // Where only this life of the runner is over, the program goes on and may need all of it.
      if (end !== SANDBOX_GONE) await book.trim(id, call).catch(fault);
      return end;
    } finally {
      part.release();
    }
  }

  async function follow(
    id: string,
    call: BegunCall,
    request: CallRequest,
    part: KeptBytes,
    signal: AbortSignal,
  ): Promise<CallEnd> {
    const output = new CallOutput({
      root: files.out,
      parts: [...files.outParts, String(call.n)],
      streamMaxBytes: request.streamMaxBytes ?? STREAM_MAX_BYTES,
      kept: part,
      onStdout: request.onStdout?.bind(request) ?? null,
    });
    const openedAtMs = clock.nowMs();
    let { stop } = call;
    let stoppedAtMs: number | null = stop === null ? null : openedAtMs;
    let faults = 0;
    let pollMs = LOOK_MIN_MS;
    using alarm = createAlarm([signal, gone]);
    for (;;) {
      alarm.reset();
      const isGone = gone.aborted;
      let look: Look | null = null;
      try {
        look = output.look();
        faults = 0;
      } catch (error) {
        faults++;
        if (faults === 1) fault(error);
      }
      const hasMore = look?.hasMore ?? false;
      hasBegun ||= look?.hasBegun ?? false;
      const nowMs = clock.nowMs();
      if (stop === null) {
        if (look !== null && look.exitCode !== null && !hasMore) {
          return { kind: "ended", exitCode: look.exitCode, ...output.texts() };
        }
        if (isGone && !hasMore) return SANDBOX_GONE;
        const isOwnEnd = look !== null && look.exitCode !== null;
        const waitedMs = nowMs - Math.max(call.beganAtMs, openedAtMs);
        stop = stopFor(look, faults, waitedMs, hasBegun ? BEGIN_AGAIN_MAX_MS : BEGIN_MAX_MS) ??
          (isOwnEnd ? null : outerStop(call, request, signal, nowMs));
        if (stop !== null) {
          stoppedAtMs = nowMs;
          await book.stop(id, call, stop).catch(fault);
          await wakeStation(files, `stop ${call.n}`);
        }
      } else if (isGone || look?.isStopped === true || nowMs - stoppedAtMs! > stopMaxMs(look)) {
        return stop;
      }
      pollMs = look?.hasNews === true ? LOOK_MIN_MS : Math.min(pollMs * 2, LOOK_EVERY_MAX_MS);
      const untilTimeoutMs = request.timeoutMs === null || stop !== null
        ? Infinity
        : Math.max(1, call.beganAtMs + request.timeoutMs - nowMs);
      // Invariant 3: also when there is more.
      await alarm.sleep(clock, hasMore && stop === null ? 0 : Math.min(pollMs, untilTimeoutMs));
    }
  }

  return {
    run: (id, request, signal) =>
      run(id, request, signal).catch((error) => {
        fault(error);
        return { kind: "failed", message: `this machine could not run a program: ${messageOf(error)}` };
      }),
    say(text) {
      make().then(() => console.say(text), fault);
    },
    async finish(exitCode) {
      while (!gone.aborted) {
        try {
          await make();
          await console.written();
          await writeWhole(files.finish, `${exitCode}\n`);
          return await wakeStation(files, "finish");
        } catch (error) {
          fault(error);
          // The sandbox's end wakes it.
          await clock.sleep(FINISH_AGAIN_MS, gone).catch(() => null);
        }
      }
    },
  };
}

const SANDBOX_GONE: CallEnd = { kind: "failed", message: "the sandbox ended before the program did" };

function stopMaxMs(look: Look | null): number {
  return look === null || look.fault !== null ? STOP_BLIND_MS : STOP_MAX_MS;
}

/** What the program, or this machine's disk, did that cannot go on. */
function stopFor(look: Look | null, faults: number, waitedMs: number, beginMaxMs: number): CallStop | null {
  if (look === null) {
    if (faults < LOOK_FAULTS_MAX) return null;
    return { kind: "failed", message: "this machine could not read what the program wrote" };
  }
  if (look.fault !== null) return { kind: "failed", message: look.fault };
  if (look.hasBegun || look.exitCode !== null || waitedMs <= beginMaxMs) return null;
  return { kind: "failed", message: `the program did not begin within ${beginMaxMs / 1_000} s` };
}

function outerStop(
  { beganAtMs }: BegunCall,
  { timeoutMs }: CallRequest,
  signal: AbortSignal,
  nowMs: number,
): CallStop | null {
  if (signal.aborted) return { kind: "cancelled" };
  return timeoutMs !== null && nowMs >= beganAtMs + timeoutMs ? { kind: "timed_out" } : null;
}

/** Sleeps that end when one of the signals aborts; each of them rings once. */
function createAlarm(signals: readonly AbortSignal[]): {
  reset(): void;
  sleep(clock: Clock, ms: number): Promise<void>;
  [Symbol.dispose](): void;
} {
  let bell = new AbortController();
  const ring = () => bell.abort();
  for (const signal of signals) signal.addEventListener("abort", ring);
  return {
    reset() {
      if (bell.signal.aborted) bell = new AbortController();
    },
    sleep: (clock, ms) => clock.sleep(ms, bell.signal).catch(() => {}),
    [Symbol.dispose]() {
      for (const signal of signals) signal.removeEventListener("abort", ring);
    },
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}

/** Ours are sentences without anybody's words; of others only the kind. */
function messageOf(error: unknown): string {
  return error instanceof TypeError && error.message.startsWith("Cannot run") ? error.message : nameOf(error);
}
