/** What the fixture worker grants, apart from it so that tests in Deno can import it. */
import type { RepositoryAccess } from "../../worker/domain/task_repository_api.ts";

/** 2023-11-14T22:13:20Z: any fixed time. */
export const CREATED_AT_MS = 1_700_000_000_000;

/** The access that the fixture grants when the test does not say otherwise. */
export function defaultAccess(taskId: string): RepositoryAccess {
  return {
    taskId,
    createdAtMs: CREATED_AT_MS,
    canWrite: true,
    allowPrefixes: ["refs/heads/", "refs/tags/"],
    denyPrefixes: ["refs/heads/protected/"],
  };
}
