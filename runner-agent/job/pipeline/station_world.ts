/**
 * Carries out the effects of a station's pipeline: programs, files and prompts inside of the run's sandbox, questions to people,
 * and what the run tells of its steps.
 *
 * 1. Nothing of the worktree is read by its path on this machine: a small program in the sandbox reads it.
 * 2. What is answered is bounded before it is recorded.
 * 3. An answer that came is told and counted before it is recorded; in the next life it may be told again.
 */
import { relative } from "node:path/posix";
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { Perform } from "../../ail/interpreter.ts";
import { readSpec } from "../../ail/spec_files.ts";
import type { Effect, EffectResults, HumanAnswer, HumanAsk, ShellAnswer } from "../../pipeline/effect.ts";
import { type Fault, fault } from "../../pipeline/fault.ts";
import { callId } from "./call_id.ts";
import { READ_MAX_BYTES, READ_TIMEOUT_MS } from "./limits.ts";
import type { PipelinePrompts } from "./pipeline_prompts.ts";
import type { CallEnd, QuestionDesk, SandboxCalls } from "./station_ports.ts";
import type { StepTeller } from "./step_teller.ts";

export interface StationWorld {
  readonly runId: string;
  /** Inside of the sandbox. */
  readonly workspace: string;
  /** The station's own text, which is in no file. */
  readonly ownText: { readonly path: string; readonly text: string } | null;
  readonly calls: SandboxCalls;
  readonly questions: QuestionDesk;
  readonly prompts: PipelinePrompts;
  readonly teller: StepTeller;
  /** The run is over its budget: no further step. */
  isOverBudget(): boolean;
  nowMs(): number;
  /** While `act` goes on nobody takes the run for idle. @param what `person` has all the time of the run. */
  busy<T>(what: "program" | "person", act: () => Promise<T>): Promise<T>;
}

export function performInStation(world: StationWorld): Perform {
  return (effect, signal, id) => perform(effect, signal, id, world);
}

function perform(effect: Effect, signal: AbortSignal, id: string, world: StationWorld): unknown {
  switch (effect.kind) {
    case "invoke_prompt":
      return world.prompts.invoke(id, effect.call, signal);
    case "run_shell":
      return runShell(effect, signal, id, world);
    case "ask_human":
      return askHuman(effect.ask, signal, id, world);
    case "read_file":
      return readFile(effect.path, signal, id, world);
    case "list_directory":
      return listDirectory(effect.path, signal, id, world);
    case "read_tree_digest":
      return readTreeDigest(signal, id, world);
    case "write_log":
      world.teller.onLog(effect.line, id);
      return null;
    case "emit":
      world.teller.onEvent(effect.event, id);
      return null;
    case "warn":
      world.teller.warn(effect.message);
      return null;
    case "begin_run":
    case "end_run":
      return null;
    case "draw":
      return { uuid: crypto.randomUUID(), nowMs: world.nowMs() };
    case "check_control":
      return { isKilled: world.isOverBudget(), disabledSteps: [] };
    case "read_spec":
      return readSpec(effect.query);
  }
}

async function runShell(
  { command, timeoutMs }: Extract<Effect, { readonly kind: "run_shell" }>,
  signal: AbortSignal,
  id: string,
  world: StationWorld,
): Promise<Result<ShellAnswer, Fault>> {
  const request = { argv: ["/bin/sh", "-c", command], env: {}, stdin: null, timeoutMs };
  const end = await world.busy(
    "program",
    () => world.calls.run(callId(world.runId, id), request, signal),
  );
  if (end.kind !== "ended") return err(callFault(end, "the command", timeoutMs));
  if (end.isCut) world.teller.warn("a command wrote more than is kept: the rest is dropped");
  return ok({ stdout: end.stdout, stderr: end.stderr, exitCode: end.exitCode });
}

/** How a program failed to come to its end. */
function callFault(end: Exclude<CallEnd, { kind: "ended" }>, what: string, timeoutMs: number | null): Fault {
  switch (end.kind) {
    case "timed_out": {
      const within = timeoutMs === null ? "its time" : `${timeoutMs / 1000} s`;
      return fault("ail:runner/timeout", `${what} did not end within ${within}`);
    }
    case "cancelled":
      return fault("ail:runner/cancelled", `${what} was cancelled`);
    case "failed":
      return fault("ail:runner/invocation-failed", `${what} failed: ${end.message}`);
  }
}

/** Somebody's no, whatever its reason, and nobody being there are no yes (G1). */
async function askHuman(
  ask: HumanAsk,
  signal: AbortSignal,
  id: string,
  world: StationWorld,
): Promise<HumanAnswer> {
  const { stepId, kind, message, lastResponse, timeoutMs } = ask;
  const question = {
    id: callId(world.runId, id),
    kind,
    stepId,
    message,
    detail: lastResponse,
    expiresInMs: timeoutMs,
  };
  const answer = await world.busy("person", () => world.questions.ask(question, signal));
  switch (answer.kind) {
    case "answered":
      // Without a word: as it is.
      return {
        kind: "answered",
        text: kind === "modify" && answer.text === "" ? lastResponse ?? "" : answer.text,
      };
    case "rejected":
      return answer;
    case "expired":
      return { kind: "timed_out" };
    case "cancelled":
      return { kind: "rejected", reason: "the question was withdrawn" };
    case "unavailable":
      // `on_headless` is the pipeline's own word for this; a gate has none, and stays shut.
      if (kind === "modify") return { kind: "headless" };
      return { kind: "rejected", reason: `nobody can be asked: ${answer.message}` };
  }
}

const NOT_THERE = 44;
const READ_SCRIPT = `[ -e "$1" ] || exit ${NOT_THERE}; exec cat -- "$1"`;
const LIST_SCRIPT = '[ -d "$1" ] || exit 0; exec ls -1A -- "$1"';
/** Of all that git would commit: what is changed, and what is new and not ignored. */
const DIGEST_SCRIPT = `git rev-parse --git-dir >/dev/null 2>&1 || exit ${NOT_THERE}
{
  git rev-parse HEAD 2>/dev/null
  git diff HEAD --binary 2>/dev/null
  git ls-files --others --exclude-standard -z | sort -z | xargs -0 -r sha256sum -- 2>/dev/null
} | sha256sum`;

/** @param args `$1` and on. */
function script(text: string, args: readonly string[], signal: AbortSignal, id: string, world: StationWorld) {
  return world.calls.run(callId(world.runId, id), {
    argv: ["/bin/sh", "-c", text, "sh", ...args],
    env: {},
    stdin: null,
    timeoutMs: READ_TIMEOUT_MS,
    streamMaxBytes: READ_MAX_BYTES,
  }, signal);
}

async function readFile(
  path: string,
  signal: AbortSignal,
  id: string,
  world: StationWorld,
): Promise<EffectResults["read_file"]> {
  if (path === world.ownText?.path) return ok(world.ownText.text);
  const shown = insideOf(path, world);
  const end = await script(READ_SCRIPT, [shown], signal, id, world);
  const refuse = (why: string) =>
    err({ reason: "unreadable" as const, message: `cannot read '${shown}': ${why}` });
  if (end.kind !== "ended") return refuse(callFault(end, "the reading", READ_TIMEOUT_MS).detail);
  if (end.exitCode === NOT_THERE) {
    return err({ reason: "not_found", message: `there is no file '${shown}'` });
  }
  if (end.exitCode !== 0) return refuse(end.stderr.trim().split("\n")[0]!.slice(0, 200));
  return end.isCut ? refuse(`it has more than ${READ_MAX_BYTES} bytes`) : ok(end.stdout);
}

async function listDirectory(
  path: string,
  signal: AbortSignal,
  id: string,
  world: StationWorld,
): Promise<readonly string[]> {
  const end = await script(LIST_SCRIPT, [insideOf(path, world)], signal, id, world);
  if (end.kind !== "ended" || end.exitCode !== 0) return [];
  return end.stdout.split("\n").filter((name) => name !== "").sort();
}

async function readTreeDigest(
  signal: AbortSignal,
  id: string,
  world: StationWorld,
): Promise<string | null> {
  const end = await script(DIGEST_SCRIPT, [], signal, id, world);
  return end.kind === "ended" && end.exitCode === 0 ? end.stdout.trim().slice(0, 64) : null;
}

/** Programs stand in the worktree: its files are named from there. */
function insideOf(path: string, { workspace }: StationWorld): string {
  const inside = relative(workspace, path);
  return inside === "" ? "." : inside.startsWith("..") ? path : `./${inside}`;
}
