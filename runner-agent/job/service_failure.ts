/**
 * Why a sandbox was ended for a service, as `init.sh` left it; it was written inside, so it is a text for people: bounded, read
 * without following links, after the sandbox has ended.
 */
import { join } from "node:path";
import { SERVICE_FAILURE_MAX_BYTES } from "../limits.ts";
import type { RunEnding } from "../domain/job_phase.ts";

/** The exit status of `init.sh` for its own failures. */
const INIT_FAILED = 125;

/** Null: it was not ended for a service, or nothing says why. */
export async function serviceFailure(outDir: string, ending: RunEnding): Promise<string | null> {
  if (ending.kind !== "exited" || ending.exitCode !== INIT_FAILED) return null;
  const dir = join(outDir, "services");
  const file = join(dir, "failure");
  try {
    if (!(await Deno.lstat(dir)).isDirectory) return null;
    const { isFile, size } = await Deno.lstat(file);
    if (!isFile || size > SERVICE_FAILURE_MAX_BYTES) return null;
    const text = (await Deno.readTextFile(file)).trim();
    return text === "" ? null : text;
  } catch (error) {
    // What the agent took the rights of is its own doing, too.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return null;
    throw error;
  }
}
