/** A project: it exists once something was put into it. */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { LabelMatching } from "../../protocol/line/fields.ts";
import type { Draft } from "./draft.ts";
import type { QueueError } from "./queue_error.ts";
import type { ProjectSettings } from "./queue_state.ts";

/** A project as it goes out. */
export interface ProjectView {
  readonly owner: string;
  readonly project: string;
  readonly gitUrl: string | null;
  readonly gitBranch: string | null;
  readonly labelMatching: LabelMatching;
  /** Is an ask made for an agent that waits? */
  readonly asksForAgents: boolean;
}

/** What people set of a project. `labelMatching` and `asksForAgents` absent: as they are. */
export type ProjectInput = Pick<ProjectView, "gitUrl" | "gitBranch"> & {
  readonly labelMatching?: LabelMatching | undefined;
  readonly asksForAgents?: boolean | undefined;
};

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
  input: ProjectInput,
): Result<ProjectView, QueueError> {
  touchProject(draft);
  const { gitUrl, gitBranch, labelMatching, asksForAgents } = input;
  const row = {
    ...draft.settings(),
    gitUrl,
    gitBranch,
    ...(labelMatching === undefined ? {} : { labelMatching }),
    ...(asksForAgents === undefined ? {} : { asksForAgents }),
  };
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

/** Makes it of the settings. */
export function projectView(settings: ProjectSettings): ProjectView {
  const { owner, project, gitUrl, gitBranch, labelMatching = "superset", asksForAgents = true } = settings;
  return { owner, project, gitUrl, gitBranch, labelMatching, asksForAgents };
}
