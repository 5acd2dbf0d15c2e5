/**
 * What a starting runner finds of its former life: claims without an answer, runs in the journal, containers.
 *
 * 1. A container or a directory without a row in the journal belongs to nothing that could be reported: it is removed.
 * 2. A claim that may have been made is made again; the control plane answers the same run, or refuses.
 *    A runner that must end before the answer leaves the claim as it is.
 * 3. Every run of the journal is conducted to its end before new work is looked for.
 */
import { claimJob } from "../control/claim_loop.ts";
import type { JournalledRun } from "./journal.ts";
import type { ConductorDeps } from "./run_context.ts";
import { removeUnknownRunDirs } from "./run_dirs.ts";

/** The runs to go on with. Rejects if the runtime or the journal cannot be used. */
export async function findFormerRuns(
  deps: ConductorDeps,
  runnerName: string,
  abandon: AbortSignal,
): Promise<readonly JournalledRun[]> {
  const known = new Set((await deps.journal.runs()).map((run) => run.runId));
  for (const record of await deps.runtime.list()) {
    if (known.has(record.runId)) continue;
    await deps.runtime.remove(record.containerId);
    deps.log("container_orphan_removed", { runId: record.runId, jobId: record.jobId });
  }
  await removeUnknownRunDirs(deps.stateDir, deps.hubBase, known);
  for (const { jobId, offer } of await deps.journal.claimIntents()) {
    const claimed = await claimJob(
      {
        ...deps,
        runnerName,
        abandon,
        intend: (id, offered) => deps.journal.intendClaim(id, offered),
        forget: (id) => deps.journal.forgetClaim(id),
      },
      jobId,
      offer,
    );
    if (claimed.kind === "claimed") await deps.journal.openRun({ ...claimed.job, runId: claimed.job.runId! });
    else deps.log(claimed.kind === "left" ? "claim_left" : "claim_lost", { jobId });
  }
  return await deps.journal.runs();
}
