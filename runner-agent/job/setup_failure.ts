/**
 * Why the setup script of a run kept its agent from starting; written inside, so it is a text for people: bounded, read without
 * following links, after the sandbox has ended (`domain/worktree_setup.ts`).
 */
import { join } from "node:path";
import type { RunEnding } from "../domain/job_phase.ts";
import { SETUP_DIR, SETUP_FAILED_FILE } from "../domain/worktree_setup.ts";
import { SERVICE_FAILURE_MAX_BYTES } from "../limits.ts";

/** The exit status of a sandbox whose command was not started. */
const NOT_STARTED = 125;

/** Null: it was not ended for its setup. */
export async function setupFailure(outDir: string, ending: RunEnding): Promise<string | null> {
  if (ending.kind !== "exited" || ending.exitCode !== NOT_STARTED) return null;
  const dir = join(outDir, SETUP_DIR);
  const file = join(dir, SETUP_FAILED_FILE);
  try {
    if (!(await Deno.lstat(dir)).isDirectory) return null;
    const { isFile, size } = await Deno.lstat(file);
    if (!isFile || size > SERVICE_FAILURE_MAX_BYTES) return null;
    return `the agent was not started: its setup script ${(await Deno.readTextFile(file)).trim()}`;
  } catch (error) {
    // What the agent took the rights of is its own doing, too.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return null;
    throw error;
  }
}
