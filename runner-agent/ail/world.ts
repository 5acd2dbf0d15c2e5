/** Carries out the engine's effects: files, commands, prompts, people, the log, and what the run says of itself. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { err, type Result } from "../../protocol/result.ts";
import type { Effect, EffectResults, PromptAnswer, PromptCall } from "../pipeline/effect.ts";
import type { PipelineEvent } from "../pipeline/event.ts";
import { type Fault, fault } from "../pipeline/fault.ts";
import type { Surroundings } from "../pipeline/run_state.ts";
import { listDirectory, readText } from "./files.ts";
import type { Perform } from "./interpreter.ts";
import type { CallSurroundings, HumanDesk, PromptBackend } from "./ports.ts";
import type { RunControl } from "./run_control.ts";
import type { RunLog } from "./run_log.ts";
import { runShell } from "./shell.ts";

export interface World {
  readonly surroundings: Surroundings;
  readonly control: RunControl;
  readonly log: RunLog;
  readonly human: HumanDesk;
  readonly isHeadless: boolean;
  findBackend(name: string): Promise<Result<PromptBackend, Fault>>;
  /** Absent where nobody can be asked. */
  readonly askPermission?: CallSurroundings["askPermission"];
  readonly hasStandingPermission?: CallSurroundings["hasStandingPermission"];
  emit(event: PipelineEvent): void;
  warn(message: string): void;
  readSpec(query: string): Promise<Result<string, Fault>>;
}

export function performIn(world: World): Perform {
  return (effect, signal) => perform(effect, signal, world);
}

function perform(effect: Effect, signal: AbortSignal, world: World): unknown {
  switch (effect.kind) {
    case "invoke_prompt":
      return invokePrompt(effect.call, signal, world);
    case "run_shell":
      return runShell(
        { command: effect.command, timeoutMs: effect.timeoutMs, ...world.surroundings },
        AbortSignal.any([signal, world.control.signal]),
        world.warn,
      );
    case "ask_human":
      return askHuman(effect.ask, signal, world);
    case "read_file":
      return readText(effect.path);
    case "list_directory":
      return listDirectory(effect.path);
    case "begin_run":
      return world.log.begin(effect).then(() => null);
    case "end_run":
      return world.log.end(effect).then(() => null);
    case "write_log":
      return world.log.append(effect.runId, effect.line).then(() => null);
    case "warn":
      world.warn(effect.message);
      return null;
    case "emit":
      world.emit(effect.event);
      return null;
    case "draw":
      return { uuid: crypto.randomUUID(), nowMs: Date.now() };
    case "check_control":
      return world.control.check();
    case "read_spec":
      return world.readSpec(effect.query);
    case "read_tree_digest":
      return readTreeDigest(world.surroundings.cwd);
  }
}

async function invokePrompt(
  call: PromptCall,
  signal: AbortSignal,
  world: World,
): Promise<Result<PromptAnswer, Fault>> {
  const backend = await world.findBackend(call.backend);
  if (!backend.ok) return backend;
  const both = AbortSignal.any([signal, world.control.signal]);
  if (both.aborted) return err(fault("ail:runner/cancelled", "the prompt was cancelled"));
  return await backend.value.invoke(call, {
    signal: both,
    cwd: world.surroundings.cwd,
    environment: world.surroundings.environment,
    isHeadless: world.isHeadless,
    onEvent: (event) => {
      // Whoever is asked has to hear of it, whichever step asks.
      if (!call.isSilent || event.type === "permission_requested") {
        world.emit({ type: "runner_event", event });
      }
    },
    ...(world.isHeadless || world.askPermission === undefined ? {} : { askPermission: world.askPermission }),
    ...(world.hasStandingPermission === undefined
      ? {}
      : { hasStandingPermission: world.hasStandingPermission }),
    warn: world.warn,
  });
}

/** A kill lets the run go on to where it looks at its controller. */
async function askHuman(
  ask: Parameters<HumanDesk["ask"]>[0],
  signal: AbortSignal,
  world: World,
): Promise<EffectResults["ask_human"]> {
  if (world.isHeadless) return { kind: "headless" };
  const timeout = ask.timeoutMs === null ? [] : [AbortSignal.timeout(ask.timeoutMs)];
  const all = AbortSignal.any([signal, world.control.signal, ...timeout]);
  const given = await world.human.ask(ask, all);
  return timeout[0]?.aborted === true && all.reason === timeout[0].reason ? { kind: "timed_out" } : given;
}

/** Of all that git would commit: what is changed, and what is new and not ignored. Null where there is no repository. */
async function readTreeDigest(cwd: string): Promise<string | null> {
  const run = promisify(execFile);
  const git = (...args: string[]) => run("git", args, { cwd, maxBuffer: 256 * 1_048_576 });
  try {
    const parts = [
      await git("rev-parse", "HEAD").catch(() => ({ stdout: "" })),
      await git("diff", "HEAD", "--binary").catch(() => ({ stdout: "" })),
      await git("ls-files", "--others", "--exclude-standard", "-z"),
    ];
    const hash = createHash("sha256");
    for (const { stdout } of parts) hash.update(stdout).update("\0");
    for (const name of parts[2]!.stdout.split("\0").filter((one) => one !== "")) {
      hash.update(await Deno.readFile(`${cwd}/${name}`).catch(() => new Uint8Array()));
    }
    return hash.digest("hex");
  } catch {
    return null;
  }
}
