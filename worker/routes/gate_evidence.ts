/** What the page of an ask shows beside the question: the work that it is about, and who it could be handed to. */
import type { Context } from "hono";
import type { AppEnv } from "../app_env.ts";
import type { GateView, PersonIdentity } from "../domain/human_gate_api.ts";
import { viewerOf } from "../domain/caller.ts";
import type { GatePageView } from "../pages/gate_parts.tsx";
import { jobQueue } from "../stubs/job_queue.ts";
import { people } from "../stubs/people.ts";
import { taskRepository } from "../stubs/task_repository.ts";
import { loadEvidence } from "./task_evidence.ts";

/** The reports and the diff of a line's gate; null for an ask about anything else. */
export async function evidenceOf(c: Context<AppEnv>, { ask }: GateView): Promise<GatePageView["evidence"]> {
  const { owner, project, origin } = ask;
  if (origin.kind !== "line_gate") return null;
  const { taskId, baseCommit, headCommit } = origin;
  const access = await jobQueue(c.env, owner, project).repositoryForGate(taskId);
  if (!access.ok) return { reports: [], diff: { diff: null, fault: access.error.reason } };
  const repository = taskRepository(c.env, owner, project, taskId);
  const { reports, diff, diffFault } = await loadEvidence(repository, access.value, {
    base: baseCommit,
    head: headCommit,
  });
  return { reports, diff: { diff, fault: diffFault } };
}

/**
 * Who is signed in, as they came here: the ask looks up who that is in the project's documents, at the moment that it
 * counts. Null: nobody is.
 */
export function personOf(c: Context<AppEnv>): PersonIdentity | null {
  const viewer = viewerOf(c.var.caller);
  if (viewer === null) return null;
  return { principal: viewer.principal, roles: [viewer.role], groups: [], isSimulator: false };
}

/** The principals of a project's people, for a form to suggest. */
export async function peopleOf(
  c: Context<AppEnv>,
  owner: string,
  project: string,
): Promise<readonly string[]> {
  const { documents } = await people(c.env, owner, project).documents();
  return documents.people.map(({ name }) => `user:${name}`);
}
