/** The programs in an agent's sandbox, for people at this machine: `GET /agents/{run}/scripts`, `POST` with `{"stop": ID}`. */
import { z } from "zod";
import {
  LIST_SCRIPT,
  readScripts,
  type SandboxScript,
  SCRIPT_ID,
  STOP_SCRIPT,
} from "../domain/agent/sandbox_scripts.ts";
import { programOf } from "../harness/mod.ts";
import type { ContainerRuntime, HarnessName } from "../ports.ts";
import { timeText } from "../domain/quantity_text.ts";

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 256 * 1024;
const NOT_THERE = 3;

export const stopScriptInput = z.strictObject({
  stop: z.string().regex(SCRIPT_ID, { error: "expected an id such as 71-90210" }),
});

export interface AgentScripts {
  list(): Promise<readonly SandboxScript[]>;
  /** False: there is no such program, or it is none that may be ended. */
  stop(id: string): Promise<boolean>;
}

/** Rejects when the sandbox does not run. */
export function createAgentScripts(
  runtime: Pick<ContainerRuntime, "exec">,
  containerId: string,
  harness: HarnessName,
): AgentScripts {
  const run = (script: string, ...args: readonly string[]) =>
    runtime.exec(containerId, {
      argv: ["sh", "-c", script, "scripts", ...args],
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
    });
  async function list(): Promise<readonly SandboxScript[]> {
    const { stdout } = await run(LIST_SCRIPT);
    return readScripts(new TextDecoder().decode(stdout), programOf(harness));
  }
  return {
    list,
    async stop(id) {
      if (!(await list()).some((one) => one.id === id)) return false;
      return (await run(STOP_SCRIPT, id)).exitCode !== NOT_THERE;
    },
  };
}

/** One line for people. */
export function scriptLine({ id, command, runsForMs }: SandboxScript): string {
  // deno-lint-ignore no-control-regex
  return [id, timeText(runsForMs), command.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, " ")].join("\t");
}
