/** What the tests of programs in a sandbox share: a real `pipeline_station` of this machine. Not imported by the program. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { realClock } from "../../container/test_world.ts";
import { callId } from "./call_id.ts";
import { openSandboxCalls } from "./sandbox_calls.ts";
import type { CallEnd, CallRequest, SandboxCalls } from "./station_ports.ts";

const STATION = fileURLToPath(new URL("../../container/run_bin/pipeline_station", import.meta.url));

export interface CallStage {
  readonly dir: string;
  /** The folder of a call's output. */
  out(n: number): string;
  /** Of the host. */
  readonly hub: string;
  readonly calls: SandboxCalls;
  /** What the runner's log was told. */
  readonly faults: readonly unknown[];
  /** A new life of the runner. @param left Aborts when it is over. */
  reopen(left?: AbortSignal): SandboxCalls;
  run(name: string, script: string, more?: Partial<CallRequest>, signal?: AbortSignal): Promise<CallEnd>;
  /** Ends the station as the pipeline's end does, and says what it printed. */
  end(exitCode: number): Promise<{ readonly code: number; readonly printed: string }>;
  readonly station: Deno.ChildProcess;
}

export const never = new AbortController().signal;

export function shell(script: string, more: Partial<CallRequest> = {}): CallRequest {
  return { argv: ["/bin/sh", "-c", script], env: {}, stdin: null, timeoutMs: null, ...more };
}

export function idOf(name: string): string {
  return callId("run", name);
}

/** @param words Of the shell that runs the station. */
export async function withStation(
  body: (stage: CallStage) => Promise<void>,
  words: readonly string[] = ["sh"],
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "shopfloor_calls_" });
  const dirs = { hub: join(dir, "hub"), out: join(dir, "out") };
  await Deno.mkdir(dirs.hub);
  await Deno.mkdir(dirs.out);
  const gone = new AbortController();
  const faults: unknown[] = [];
  const log = (_event: string, fields: unknown) => void faults.push(fields);
  const open = (left?: AbortSignal) => {
    const signal = left === undefined ? gone.signal : AbortSignal.any([gone.signal, left]);
    return openSandboxCalls({ dirs, clock: realClock, gone: signal, log });
  };
  const calls = open();
  const [program, ...args] = words;
  const station = new Deno.Command(program!, {
    args: [...args, STATION, join(dirs.hub, "pipeline"), join(dirs.out, "pipeline")],
    cwd: dir,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const ended = station.output().then((output) => {
    gone.abort();
    return output;
  });
  try {
    await body({
      dir,
      hub: dirs.hub,
      calls,
      faults,
      station,
      out: (n) => join(dirs.out, "pipeline", String(n)),
      reopen: open,
      run: (name, script, more, signal = never) => calls.run(idOf(name), shell(script, more), signal),
      async end(exitCode) {
        await calls.finish(exitCode);
        const { code, stdout } = await ended;
        return { code, printed: new TextDecoder().decode(stdout) };
      },
    });
  } finally {
    if (!gone.signal.aborted) station.kill("SIGTERM");
    await ended;
    await Deno.remove(dir, { recursive: true });
  }
}

export function answer(
  end: CallEnd,
): { readonly stdout: string; readonly stderr: string; readonly exitCode: number } {
  assert.equal(end.kind, "ended", JSON.stringify(end));
  const { stdout, stderr, exitCode } = end as CallEnd & { kind: "ended" };
  return { stdout, stderr, exitCode };
}

/** Pids of processes whose environment has a word. */
export async function withWord(word: string): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const text = await Deno.readTextFile(`/proc/${name}/environ`).catch(() => "");
    if (text.includes(word)) found.push(Number(name));
  }
  return found;
}

export async function until(what: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 60_000;
  while (!await what()) {
    assert.ok(Date.now() < endMs, "must come to be");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
