/** An agent's CLI as a prompt backend of this machine: carries out what `cli_backend.ts` says (Pipeline r01). */
import { ok, type Result } from "../../../protocol/result.ts";
import { failed, type ProgramExit } from "../../pipeline/backend_stream.ts";
import type { CliBackend, CliPlan } from "../../pipeline/cli_backend.ts";
import type { PromptAnswer, PromptCall } from "../../pipeline/effect.ts";
import type { Fault } from "../../pipeline/fault.ts";
import type { CallSurroundings, PromptBackend } from "../ports.ts";
import { openCallDirectory } from "./call_directory.ts";
import { ChildProgram } from "./child_program.ts";
import { backendOf } from "./invoke_within.ts";
import { LEAVE_GRACE_MS } from "./limits.ts";
import { openPermissionBridge } from "./permission_bridge.ts";

export interface CliOptions {
  /** The words that start this program's command line: hooks of agents run by it. */
  readonly ail: readonly string[];
  /** In the place of the plan's. */
  readonly program?: string;
  /** What has to be done on this machine before a call. */
  prepare?(call: PromptCall, surroundings: CallSurroundings): Promise<void>;
}

export function createCliBackend(first: CliBackend, options: CliOptions): PromptBackend {
  // Learnt once: which words this version of the program knows.
  let backend = first;
  return backendOf(first.name, async (call, surroundings) => {
    await options.prepare?.(call, surroundings);
    const run = (warn: CallSurroundings["warn"]) =>
      runOnce(backend, call, { ...surroundings, warn }, options);
    const { result, exit } = await run(surroundings.warn);
    const other = result.ok || exit === null ? null : backend.otherwise(exit);
    if (other === null) return result;
    backend = other;
    return (await run(() => {})).result;
  });
}

interface CliRun {
  readonly result: Result<PromptAnswer, Fault>;
  /** Null when it did not start, or was ended by us. */
  readonly exit: ProgramExit | null;
}

async function runOnce(
  backend: CliBackend,
  call: PromptCall,
  surroundings: CallSurroundings,
  { ail, program }: CliOptions,
): Promise<CliRun> {
  const { isHeadless, askPermission, environment, cwd, warn } = surroundings;
  const opened = await openCallDirectory();
  if (!opened.ok) return { result: failed(opened.error), exit: null };
  await using directory = opened.value;
  const isAsking = !isHeadless && askPermission !== undefined;
  const bridged = isAsking ? openPermissionBridge(directory.path, surroundings) : ok(null);
  if (!bridged.ok) return { result: failed(bridged.error), exit: null };
  await using bridge = bridged.value;
  const plan = backend.plan(call, {
    isHeadless,
    isSandboxed: false,
    environment,
    directory: directory.path,
    permissions: bridge === null ? null : { ail, socketPath: bridge.socketPath },
  });
  for (const warning of plan.warnings) warn(warning);
  try {
    await directory.write(plan.files);
  } catch (error) {
    return { result: failed(`cannot write a file of the call: ${(error as Error).message}`), exit: null };
  }
  return await runPlan(backend, { ...plan, program: program ?? plan.program }, cwd, surroundings);
}

async function runPlan(
  backend: CliBackend,
  { program, args, environment, stdin }: CliPlan,
  cwd: string,
  { signal, onEvent }: CallSurroundings,
): Promise<CliRun> {
  const started = ChildProgram.start({ program, args, cwd, environment, input: stdin });
  if (!started.ok) return { result: failed(started.error), exit: null };
  const child = started.value;
  const decoder = backend.decoder();
  const tell = (events: ReturnType<typeof decoder.add>) => {
    // After the result nothing is told, and who cancelled hears no more.
    for (const event of events) if (!signal.aborted) onEvent(event);
  };
  const onAbort = () => child.end();
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    for await (const chunk of child.chunks()) {
      tell(decoder.add(chunk));
      if (decoder.isOver) break;
    }
    if (!decoder.isOver) tell(decoder.close());
    // Who has told of a fault, or is being ended, has nothing more to say.
    const isOver = signal.aborted || (decoder.isOver && !decoder.settle(null).ok);
    const exit = isOver ? null : await child.exitWithin(LEAVE_GRACE_MS);
    return { result: decoder.settle(exit), exit };
  } finally {
    signal.removeEventListener("abort", onAbort);
    await child.dispose();
  }
}
