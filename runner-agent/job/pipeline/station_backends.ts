/**
 * Answers the prompts of a station's pipeline: an agent's CLI inside of the run's sandbox, as `pipeline/cli_backend.ts` plans and
 * reads it.
 *
 * 1. A prompt is one program, under an id that is the same in each life of the runner: one that goes on is found again, and
 *    what it printed is read from its beginning.
 * 2. The station's own CLI has its home since the sandbox was made; another one gets its files when it is first asked, by a
 *    program in the sandbox: this machine writes nothing into a home that an agent has been in.
 * 3. Who has answered has a moment to leave, and is ended then. Who has told of a fault is ended at once.
 * 4. Nothing rejects for what a CLI or a sandbox does.
 */
import { err, type Result } from "../../../protocol/result.ts";
import { CLI_BACKENDS } from "../../pipeline/backend_clis.ts";
import { completedEvent, failed, type ProgramExit } from "../../pipeline/backend_stream.ts";
import { CLI_NAMES, type CliBackend, type CliName } from "../../pipeline/cli_backend.ts";
import type { PromptAnswer, PromptCall } from "../../pipeline/effect.ts";
import { type Fault, fault } from "../../pipeline/fault.ts";
import type { Clock } from "../../ports.ts";
import { callId } from "./call_id.ts";
import { CLI_LEAVE_MS, CLI_STDERR_MAX_CHARS, PROMPT_STREAM_MAX_BYTES } from "./call_limits.ts";
import { mendGeminiSession } from "./gemini_session_mend.ts";
import type { PermissionDoor } from "./permission_door.ts";
import { withLongHooks } from "./permission_settings.ts";
import { type AgentPlan, stationCall, stationEnvironment, withStation } from "./station_cli.ts";
import type { CallEnd } from "./station_ports.ts";
import type { PromptAround, StationPrompts } from "./station_prompts.ts";

export interface CliPromptsDeps {
  readonly runId: string;
  readonly clock: Clock;
  /** The station's own. */
  readonly own: CliName;
  /** The error is for people: why this CLI cannot be asked here, and which can. */
  plan(name: CliName): Result<AgentPlan, string>;
  /** Where a program of the sandbox finds the files of a call (`callFolder`). */
  folderOf(callId: string): string;
  /** How wishes to use tools reach people; null: nobody is asked. */
  readonly permissions: PermissionDoor | null;
}

/** The words of a sandbox's program that brings wishes to people (`run_bin/pipeline_permission`). */
export const PERMISSION_PROGRAM = "/run/alp/bin/pipeline_permission";

interface Attempt {
  readonly result: Result<PromptAnswer, Fault>;
  /** Null when it did not come to an end of its own. */
  readonly exit: ProgramExit | null;
}

export function createCliPrompts(deps: CliPromptsDeps): StationPrompts {
  /** Those that have their home in this life of the runner. */
  const provided = new Map<CliName, Promise<string | null>>();
  /** Those of which people were told that they ask nobody. */
  const warned = new Set<CliName>();

  async function invoke(
    effectId: string,
    call: PromptCall,
    around: PromptAround,
  ): Promise<Result<PromptAnswer, Fault>> {
    if (around.signal.aborted) return CANCELLED;
    const name = CLI_NAMES.find((known) => known === call.backend);
    if (name === undefined) return notFound(noCli(call.backend));
    const planned = deps.plan(name);
    if (!planned.ok) return notFound(planned.error);
    const missing = name === deps.own ? null : await provideOnce(name, planned.value, around);
    if (missing !== null) return failed(missing);
    if (name === "gemini" && call.resumeSessionId !== null) {
      const id = (part: string) => callId(deps.runId, effectId, part);
      const fault = await mendGeminiSession(call.resumeSessionId, id, around);
      if (fault !== null) around.warn(`step '${call.stepId}': ${fault}`);
    }
    const backend = CLI_BACKENDS[name];
    const first = await attempt(backend, effectId, "prompt", call, planned.value, around, around.warn);
    const other = first.result.ok || first.exit === null ? null : backend.otherwise(first.exit);
    const { result } = other === null
      ? first
      : await attempt(other, effectId, "otherwise", call, planned.value, around, () => {});
    if (!result.ok) return err(withoutKey(result.error, call));
    if (!around.signal.aborted) around.onEvent(completedEvent(result.value));
    return result;
  }

  async function attempt(
    backend: CliBackend,
    effectId: string,
    part: string,
    call: PromptCall,
    agent: AgentPlan,
    { calls, signal, onEvent }: PromptAround,
    warn: (message: string) => void,
  ): Promise<Attempt> {
    const { name } = backend;
    const id = callId(deps.runId, effectId, part);
    const folder = deps.folderOf(id);
    const door = name === "claude" ? deps.permissions : null;
    const given = backend.plan(stationCall(name, call, agent), {
      isHeadless: door === null,
      isSandboxed: true,
      environment: stationEnvironment(name, call, agent),
      directory: folder,
      permissions: door === null ? null : { ail: [PERMISSION_PROGRAM], socketPath: id },
    });
    const plan = withStation(name, given, call, agent, folder);
    for (const warning of plan.warnings) warn(warning);
    if (deps.permissions !== null && door === null && !warned.has(name)) {
      warned.add(name);
      warn(`'${name}' uses its tools without asking: in a station only 'claude' asks`);
    }
    const decoder = backend.decoder();
    const tell = (events: ReturnType<typeof decoder.add>) => {
      for (const event of events) if (!signal.aborted) onEvent(event);
    };
    using ending = createEnding(signal, deps.clock);
    using _door = door?.open(id, { effectId, stepId: call.stepId, signal: ending.signal });
    const end = await calls.run(id, {
      argv: [plan.program, ...plan.args],
      env: changed(agentEnvironment(), plan.environment),
      stdin: plan.stdin,
      files: door === null ? plan.files : withLongHooks(plan.files),
      timeoutMs: call.timeoutMs,
      streamMaxBytes: PROMPT_STREAM_MAX_BYTES,
      onStdout(bytes) {
        if (decoder.isOver) return;
        tell(decoder.add(bytes));
        if (decoder.isOver) ending.within(decoder.settle(null).ok ? CLI_LEAVE_MS : 0);
      },
    }, ending.signal);
    // Nobody waits for its wishes any more. What only this life of the runner has left goes on, and so do they.
    if (end.kind !== "failed") ending.now();
    if (!decoder.isOver) tell(decoder.close());
    return settled(name, end, decoder, call, signal);
  }

  /** What a program of the sandbox has without a word of ours. */
  function agentEnvironment(): Readonly<Record<string, string>> {
    const own = deps.plan(deps.own);
    return own.ok ? own.value.env : {};
  }

  /** Invariant 2. Null, or why not. */
  function provideOnce(name: CliName, plan: AgentPlan, around: PromptAround): Promise<string | null> {
    const providing = provided.get(name) ?? provide(name, plan, around);
    provided.set(name, providing);
    // One that failed is tried again.
    void providing.then((why) => why === null || provided.delete(name));
    return providing;
  }

  async function provide(
    name: CliName,
    { homeFiles }: AgentPlan,
    around: PromptAround,
  ): Promise<string | null> {
    const id = callId(deps.runId, "home", name);
    const end = await around.calls.run(id, {
      argv: ["/bin/sh", "-c", 'cp -R "$1/." "$HOME/"', "sh", deps.folderOf(id)],
      env: {},
      stdin: null,
      files: homeFiles,
      timeoutMs: null,
    }, around.signal);
    if (end.kind === "ended" && end.exitCode === 0) return null;
    return `the files of '${name}' could not be put into the home: ${
      end.kind === "ended" ? `cp ended with ${end.exitCode}` : end.kind
    }`;
  }

  return { invoke };
}

function settled(
  name: CliName,
  end: CallEnd,
  decoder: { readonly isOver: boolean; settle(exit: ProgramExit | null): Result<PromptAnswer, Fault> },
  call: PromptCall,
  signal: AbortSignal,
): Attempt {
  switch (end.kind) {
    case "ended": {
      const stderr = end.stderr.slice(-CLI_STDERR_MAX_CHARS).trim();
      if (end.exitCode === NOT_FOUND && !decoder.isOver && stderr.includes("not found")) {
        return { result: notFound(`'${name}' is not in the image of this station's sandbox`), exit: null };
      }
      const exit: ProgramExit = { code: end.exitCode < 0 ? null : end.exitCode, stderr };
      return { result: decoder.settle(exit), exit };
    }
    case "timed_out":
      return {
        result: err(
          fault("ail:runner/timeout", `'${name}' did not answer within ${(call.timeoutMs ?? 0) / 1_000} s`),
        ),
        exit: null,
      };
    case "cancelled":
      // By us, once it had said all.
      return { result: signal.aborted ? CANCELLED : decoder.settle(null), exit: null };
    case "failed":
      return { result: failed(end.message), exit: null };
  }
}

const CANCELLED = err(fault("ail:runner/cancelled", "the prompt was cancelled"));
const NOT_FOUND = 127;
/** Shorter values would be found in innocent words. */
const KEY_MIN_CHARS = 8;

function notFound(detail: string): { readonly ok: false; readonly error: Fault } {
  return err(fault("ail:runner/not-found", detail));
}

function noCli(backend: string): string {
  return `'${backend}' is no agent of a station: prompts are answered inside of its sandbox, by one of ${
    CLI_NAMES.map((one) => `'${one}'`).join(", ")
  }`;
}

/** A step's own key is in the pipeline, and in no message. */
function withoutKey(failure: Fault, { provider: { authToken } }: PromptCall): Fault {
  if (authToken === null || authToken.length < KEY_MIN_CHARS) return failure;
  return { ...failure, detail: failure.detail.replaceAll(authToken, "[redacted]") };
}

function changed(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(after).filter(([name, value]) => before[name] !== value));
}

/** Aborts with the outer signal, or a while after it was told to. */
function createEnding(outer: AbortSignal, clock: Clock): {
  readonly signal: AbortSignal;
  within(ms: number): void;
  now(): void;
  [Symbol.dispose](): void;
} {
  const over = new AbortController();
  const done = new AbortController();
  const onAbort = () => over.abort();
  outer.addEventListener("abort", onAbort);
  return {
    signal: over.signal,
    within(ms) {
      // Disposing ends the wait.
      clock.sleep(ms, done.signal).then(() => over.abort(), () => {});
    },
    now: onAbort,
    [Symbol.dispose]() {
      outer.removeEventListener("abort", onAbort);
      done.abort();
    },
  };
}
