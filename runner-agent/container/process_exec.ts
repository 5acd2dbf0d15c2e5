/** Programs beside the command of the process driver: plain processes too, found again by nobody. */
import { EXIT_CODE_KILLED } from "../limits.ts";
import type { Clock, ExecRequest, ExecResult } from "../ports.ts";
import { BoundedBytes } from "./bounded_bytes.ts";
import type { HostCommand } from "./host_paths.ts";
import { sendSignal } from "./process_start.ts";

/** A shell's code for a program that is not there. */
const EXIT_CODE_NOT_FOUND = 127;

/** @param command Already in the host's paths and ports. */
export async function processExec(
  command: HostCommand,
  request: Pick<ExecRequest, "stdin" | "timeoutMs" | "maxBytes">,
  clock: Clock,
): Promise<ExecResult> {
  const output = { stdout: new BoundedBytes(request.maxBytes), stderr: new BoundedBytes(request.maxBytes) };
  const child = spawn(command, request.stdin !== undefined);
  if (child === null) {
    const empty = new Uint8Array();
    return { exitCode: EXIT_CODE_NOT_FOUND, stdout: empty, stderr: empty, timedOut: false };
  }
  const over = new AbortController();
  let timedOut = false;
  const timer = clock.sleep(request.timeoutMs, over.signal).then(() => {
    timedOut = true;
    sendSignal(-child.pid, "SIGKILL");
  }, () => null);
  try {
    const [status] = await Promise.all([
      child.status,
      feed(child, request.stdin),
      collect(child.stdout, output.stdout),
      collect(child.stderr, output.stderr),
    ]);
    return {
      exitCode: timedOut ? EXIT_CODE_KILLED : status.code,
      stdout: output.stdout.bytes(),
      stderr: output.stderr.bytes(),
      timedOut,
    };
  } finally {
    over.abort();
    await timer;
  }
}

function spawn(command: HostCommand, hasInput: boolean): Deno.ChildProcess | null {
  const [program, ...args] = command.args;
  try {
    return new Deno.Command(program!, {
      args,
      cwd: command.cwd,
      clearEnv: true,
      env: { ...command.env },
      stdin: hasInput ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
      // A group of its own, so that all of it can be ended.
      detached: true,
    }).spawn();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function feed(child: Deno.ChildProcess, stdin: Uint8Array | undefined): Promise<void> {
  if (stdin === undefined) return;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(stdin);
    await writer.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error; // it ended without reading all of it
  }
}

async function collect(stream: ReadableStream<Uint8Array>, into: BoundedBytes): Promise<void> {
  for await (const bytes of stream) into.push(bytes);
}
