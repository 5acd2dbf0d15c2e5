/** `ail delete`: a run's log file and its rows (Pipeline 3.1). */
import { type Fault, fault, faultText } from "../pipeline/fault.ts";
import type { Host } from "./host.ts";
import { isRunId, type ProjectPaths, projectPaths, runLogPath } from "./project.ts";
import { deleteRun, openRuns } from "./run_table.ts";

export interface DeleteOptions {
  readonly force?: boolean;
  readonly json?: boolean;
}

export async function deleteCommand(host: Host, runId: string, options: DeleteOptions): Promise<number> {
  const paths = await projectPaths(host.cwd, host.home);
  const failed = await remove(paths, runId, options.force === true);
  if (failed === null) {
    const message = `Deleted run ${runId}`;
    host.out(
      options.json === true
        ? `${JSON.stringify({ deleted: true, run_id: runId, message })}\n`
        : `${message}\n`,
    );
    return 0;
  }
  if (options.json === true) {
    host.out(`${JSON.stringify({ deleted: false, run_id: runId, error: failed.detail })}\n`);
  } else host.err(`${faultText(failed)}\n`);
  return 1;
}

async function remove(paths: ProjectPaths, runId: string, isForced: boolean): Promise<Fault | null> {
  const unknown = fault("ail:storage/run-not-found", `no run '${runId}' in this folder`);
  if (!isRunId(runId)) return unknown;
  try {
    const hadFile = await removeFile(runLogPath(paths, runId));
    if (!hadFile && !isForced) return unknown;
    const client = await openRuns(paths);
    const hadRows = client !== null && await deleteRun(client, runId);
    client?.close();
    return hadFile || hadRows ? null : unknown;
  } catch (error) {
    return fault("ail:storage/delete-failed", `cannot delete run '${runId}': ${(error as Error).message}`);
  }
}

async function removeFile(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
