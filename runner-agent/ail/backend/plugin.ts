/**
 * A plugin as a prompt backend: one process for each call (Pipeline r10).
 *
 * 1. It is asked to shut down, then gets `SHUTDOWN_GRACE_MS`, then SIGTERM, then SIGKILL; a call that nobody waits for any
 *    more begins with SIGTERM.
 */
import { err, type Result } from "../../../protocol/result.ts";
import { expandEnv, type PluginManifest } from "../../pipeline/backend_manifest.ts";
import { PluginSession, type PluginStep } from "../../pipeline/backend_plugin.ts";
import type { PromptAnswer, PromptCall } from "../../pipeline/effect.ts";
import { type Fault, fault } from "../../pipeline/fault.ts";
import type { CallSurroundings, PromptBackend } from "../ports.ts";
import { ChildProgram } from "./child_program.ts";
import { backendOf, createPermissionDesk } from "./invoke_within.ts";
import { INITIALIZE_TIMEOUT_MS, LEAVE_GRACE_MS, SHUTDOWN_GRACE_MS } from "./limits.ts";

export interface PluginTimes {
  readonly initializeMs: number;
  readonly shutdownMs: number;
}

const TIMES: PluginTimes = { initializeMs: INITIALIZE_TIMEOUT_MS, shutdownMs: SHUTDOWN_GRACE_MS };

export function createPluginBackend(
  manifest: PluginManifest,
  ailVersion: string,
  times: PluginTimes = TIMES,
): PromptBackend {
  const name = manifest.name.toLowerCase();
  return backendOf(name, async (call, surroundings) => {
    const { env, unset } = expandEnv(manifest.env, surroundings.environment);
    if (unset.length > 0) {
      surroundings.warn(
        `the plugin '${manifest.name}' wants variables that are not set: ${unset.join(", ")}`,
      );
    }
    const started = ChildProgram.start({
      program: manifest.executable,
      args: manifest.args,
      cwd: surroundings.cwd,
      environment: { ...surroundings.environment, ...env },
      input: "open",
    });
    if (!started.ok) {
      return err(fault("ail:plugin/spawn-failed", `the plugin '${manifest.name}': ${started.error}`));
    }
    return await converse(started.value, manifest, call, surroundings, { ailVersion, times });
  });
}

async function converse(
  child: ChildProgram,
  manifest: PluginManifest,
  call: PromptCall,
  surroundings: CallSurroundings,
  { ailVersion, times }: { readonly ailVersion: string; readonly times: PluginTimes },
): Promise<Result<PromptAnswer, Fault>> {
  const { signal } = surroundings;
  const session = new PluginSession(manifest.name, call);
  const desk = createPermissionDesk(surroundings);
  let isLate = false;
  const onAbort = () => child.end();
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  const timer = setTimeout(() => {
    isLate = !session.isInitialized;
    if (isLate) child.end();
  }, times.initializeMs);
  try {
    void child.send(`${session.start(ailVersion)}\n`);
    let end: Result<PromptAnswer, Fault> | null = null;
    for await (const line of child.lines()) {
      if (!line.ok) {
        end = session.broken(line.error);
        break;
      }
      end = act(session.accept(line.value), session, child, surroundings, desk);
      if (end !== null) break;
    }
    if (end === null && isLate) {
      return err(
        fault(
          "ail:plugin/timeout",
          `the plugin '${manifest.name}' did not answer 'initialize' within ${times.initializeMs / 1000} s`,
        ),
      );
    }
    if (end !== null && !signal.aborted) {
      void child.send(`${session.shutdown()}\n`);
      void child.closeInput();
      await child.exitWithin(times.shutdownMs);
    }
    if (end !== null) return end;
    return session.closed(signal.aborted ? null : await child.exitWithin(LEAVE_GRACE_MS));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    await child.dispose();
  }
}

function act(
  { send, events, wish, warnings, end }: PluginStep,
  session: PluginSession,
  child: ChildProgram,
  { onEvent, warn, signal }: CallSurroundings,
  desk: ReturnType<typeof createPermissionDesk>,
): PluginStep["end"] {
  for (const warning of warnings) warn(warning);
  for (const line of send) void child.send(`${line}\n`);
  for (const event of events) onEvent(event);
  if (wish !== null) {
    // What the plugin says meanwhile is heard.
    void desk(wish).then((answer) => {
      if (!signal.aborted) void child.send(`${session.respond(answer)}\n`);
    });
  }
  return end;
}
