/** A project: it exists once something was put into it. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Draft } from "./draft.ts";
import type { ProjectView, QueueError } from "./job_queue_api.ts";
import type { ProjectSettings } from "./queue_state.ts";

/** Marks the project as existing, once. */
export function touchProject(draft: Draft): void {
  const settings = draft.settings();
  if (settings.createdAtMs === null) {
    draft.put({ kind: "settings", row: { ...settings, createdAtMs: draft.nowMs } });
  }
}

/** Sets the repository that the project's stations work on. */
export function putProject(
  draft: Draft,
  actor: string,
  input: { readonly gitUrl: string | null; readonly gitBranch: string | null },
): Result<ProjectView, QueueError> {
  touchProject(draft);
  const row = { ...draft.settings(), gitUrl: input.gitUrl, gitBranch: input.gitBranch };
  draft.put({ kind: "settings", row });
  draft.audit("project_put", actor, { subject: `project:${row.owner}/${row.project}` });
  return ok(projectView(row));
}

/** Refuses a project into which nothing was put. */
export function requireProject(settings: ProjectSettings): Result<ProjectSettings, QueueError> {
  if (settings.createdAtMs === null) {
    return err({ reason: "project_not_found", owner: settings.owner, project: settings.project });
  }
  return ok(settings);
}

/** A project as it goes out. */
export function projectView(settings: ProjectSettings): ProjectView {
  const { owner, project, gitUrl, gitBranch } = settings;
  return { owner, project, gitUrl, gitBranch };
}
