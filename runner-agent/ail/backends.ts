/** Which prompt backends a run can name (Pipeline r01). */
import { fileURLToPath } from "node:url";
import { ok, type Result } from "../../protocol/result.ts";
import { SHOPFLOOR_VERSION } from "../../protocol/version.ts";
import { DRY_RUN_RESPONSE, DRY_RUN_SESSION } from "../pipeline/dry_run.ts";
import type { Fault } from "../pipeline/fault.ts";
import { createBackendRegistry } from "./backend/registry.ts";
import type { Host } from "./host.ts";
import type { PromptBackend } from "./ports.ts";
import { fixedBackend } from "./stub_backend.ts";

export type FindBackend = (name: string) => Promise<Result<PromptBackend, Fault>>;

/** Whatever the name: nothing is called (Pipeline 3.2). */
export const findDryRunBackend: FindBackend = async (name) =>
  ok(fixedBackend(name, DRY_RUN_RESPONSE, DRY_RUN_SESSION));

/** Those of one run, or of one talk: they share what they remember of conversations. Made when the first is asked for. */
export function backendsOf({ home, err }: Pick<Host, "home" | "err">): FindBackend {
  let registry: ReturnType<typeof createBackendRegistry> | null = null;
  return async (name) => {
    registry ??= createBackendRegistry({
      home,
      ail: thisProgram(),
      ailVersion: SHOPFLOOR_VERSION,
      warn: (message) => err(`warning: ${message}\n`),
    });
    return (await registry).find(name);
  };
}

/** The words that start this command again. */
function thisProgram(): readonly string[] {
  const main = Deno.mainModule;
  // A binary of its own needs no module.
  return main.startsWith("file:") && /deno(\.exe)?$/.test(Deno.execPath())
    ? [Deno.execPath(), "run", "-A", fileURLToPath(main)]
    : [Deno.execPath()];
}
