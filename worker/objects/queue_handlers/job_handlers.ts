/** Jobs and runs, as people look at them. */
import type { JobId, RunId } from "../../../protocol/ids.ts";
import { err, ok } from "../../../protocol/result.ts";
import { authenticate, checkLine } from "../../domain/authorize.ts";
import { jobView, runView } from "../../domain/job_view.ts";
import { pageOfJobs } from "../../domain/queue_lists.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "listJobs" | "readJob" | "readRun";

export const jobHandlers: Handlers<Methods> = {
  listJobs: (queue, caller, input) => {
    const { state } = queue.core;
    return queue.access.asAny(caller, (reader) => {
      const page = pageOfJobs(state, input, (lineId) => checkLine(reader, lineId).ok);
      const jobs = page.rows.map((job) => jobView(job, state.tasks.get(job.taskId)!.lineId));
      return ok({ jobs, nextCursor: page.nextCursor });
    });
  },
  readJob: (queue, caller, jobId) => {
    const { state } = queue.core;
    const known = authenticate(state, caller);
    if (!known.ok) return known;
    queue.core.page({ jobId });
    const job = state.jobs.get(jobId as JobId);
    return queue.access.asAny(caller, () => {
      if (job === undefined) return err({ reason: "not_found", what: "job", id: jobId });
      return ok(jobView(job, state.tasks.get(job.taskId)!.lineId));
    }, { taskId: job?.taskId });
  },
  readRun: (queue, caller, runId) => {
    const { state } = queue.core;
    const known = authenticate(state, caller);
    if (!known.ok) return known;
    queue.core.page({ runId });
    const run = state.runs.get(runId as RunId);
    return queue.access.asAny(caller, () => {
      return run === undefined ? err({ reason: "not_found", what: "run", id: runId }) : ok(runView(run));
    }, { taskId: run?.taskId });
  },
};
