/** `runner gc` over all runners of this machine's user, and how its results read. */
import type { HostFacts, RunConfig } from "../config.ts";
import { readRegistrations } from "../control/registrations.ts";
import { sizeText } from "../domain/quantity_text.ts";
import { collectImageGarbage, collectRunGarbage, type GcResult } from "./gc.ts";
import { chooseHubBase } from "./run_dirs.ts";
import { systemClock } from "./system_clock.ts";
import { createRuntime, stateDirOf } from "./wiring.ts";
import { worktreesDir } from "./worktree_places.ts";

/** Runners that were registered here, also those that are not any more: a state with a journal is one. */
async function runnerIds(dataDir: string): Promise<readonly string[]> {
  const ids = new Set((await readRegistrations(dataDir)).map((one) => one.id));
  const entries = await Array.fromAsync(Deno.readDir(dataDir)).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  });
  for (const { name, isDirectory } of entries) {
    if (!isDirectory) continue;
    const journal = await Deno.stat(`${stateDirOf(dataDir, name)}/journal.db`).catch(() => null);
    if (journal !== null) ids.add(name);
  }
  return [...ids].sort();
}

/** Each result is told as it comes. */
export async function collectGarbage(
  config: RunConfig,
  host: HostFacts,
  isDryRun: boolean,
  onResult: (result: GcResult) => void,
): Promise<void> {
  for (const id of await runnerIds(config.dataDir)) {
    const stateDir = stateDirOf(config.dataDir, id);
    const runtime = createRuntime(config, id, systemClock, () => {});
    try {
      const hubBase = chooseHubBase(stateDir, host.uid, id);
      const worktrees = worktreesDir(config.settings.values["worktrees.location"], stateDir, id);
      await collectRunGarbage({ stateDir, hubBase, worktrees, runtime }, { isDryRun, onResult });
    } finally {
      if ("close" in runtime && typeof runtime.close === "function") runtime.close();
    }
  }
  if (config.runtime !== "podman") return;
  try {
    await collectImageGarbage(config.podman.socketPath, new Set([config.image]), { isDryRun, onResult });
  } catch (error) {
    const reason = `Podman does not answer at ${config.podman.socketPath}: ${(error as Error).message}`;
    onResult({ kind: "image", name: "images", result: "failed", reason, bytes: null });
  }
}

/** One line per result. */
export function gcLine({ kind, name, result, reason, bytes }: GcResult): string {
  const size = bytes === null ? "" : ` (${sizeText(bytes)})`;
  return `${result.replace("_", " ").padEnd(12)} ${kind.padEnd(11)} ${name}${size}: ${reason}`;
}

/** The last line. */
export function gcSummary(results: readonly GcResult[], isDryRun: boolean): string {
  const count = (result: GcResult["result"]) => results.filter((one) => one.result === result).length;
  const gone = results.filter((one) => one.result === "removed" || one.result === "would_remove");
  const bytes = gone.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
  const verb = isDryRun ? "would be removed" : "removed";
  return `${gone.length} ${verb} (${sizeText(bytes)}), ${count("kept")} kept, ${count("failed")} failed`;
}
