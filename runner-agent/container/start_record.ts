/**
 * What Podman does not keep about the start of a run's container: why it failed, and in which life of this machine it was.
 *
 * `<logDir>/<runId>.start.json`. A container that Podman calls running, but whose record names another boot, does not run:
 * what Podman keeps on a disk outlived the machine's restart.
 */
import { safeRunName } from "./run_name.ts";

export interface StartRecord {
  readonly bootId: string;
  /** Podman's words; null while nothing failed. */
  readonly error: string | null;
}

const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id";

/** Names this life of the machine. */
export async function readBootId(): Promise<string> {
  return (await Deno.readTextFile(BOOT_ID_FILE)).trim();
}

/** Null: it was never started, or before there were such records. */
export async function readStartRecord(logDir: string, runId: string): Promise<StartRecord | null> {
  try {
    return JSON.parse(await Deno.readTextFile(pathOf(logDir, runId)));
  } catch (error) {
    // One that is cut was written while the machine went down: the container was never begun after it.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

export async function writeStartRecord(logDir: string, runId: string, record: StartRecord): Promise<void> {
  const path = pathOf(logDir, runId);
  await Deno.writeTextFile(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  await Deno.rename(`${path}.new`, path);
}

export async function removeStartRecord(logDir: string, runId: string): Promise<void> {
  await Deno.remove(pathOf(logDir, runId)).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

function pathOf(logDir: string, runId: string): string {
  return `${logDir}/${safeRunName(runId)}.start.json`;
}
