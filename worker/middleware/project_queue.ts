/** Finds the project that a path is about, and its queue: what every route below it starts from. */
import { refusal, refusalResponse } from "../errors.ts";
import { isName } from "../../protocol/ids.ts";
import { jobQueue } from "../stubs/job_queue.ts";
import { guard } from "./guard.ts";

/** Sets `c.var.at` and `c.var.queue`; names that cannot exist are 404, like names that do not. */
export function projectQueue() {
  return guard((c) => {
    const { owner = "", project = "" } = c.req.param() as { owner?: string; project?: string };
    if (!isName(owner) || !isName(project)) {
      const message =
        "Cannot find project: expected owner and project to be names of letters, digits, '.', '_' and '-'";
      return refusalResponse(refusal(404, "project_not_found", message));
    }
    c.set("at", { owner, project });
    c.set("queue", jobQueue(c.env, owner, project));
    return null;
  });
}
