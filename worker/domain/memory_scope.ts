/** Whose memory an agent recalls: by its identity alone, never by what it asks (Runtime 3.5). Pure. */
import type { AgentScope } from "./library_api.ts";

/** For every agent of the project. */
export const EVERYBODY = "*";

/** A principal is `*` or `station:{line}/{station}`; a namespace `project`, `line:{line}` or `task:{task}`. */
export function memoryScope(
  { lineId, stationId, taskId }: Pick<AgentScope, "lineId" | "stationId" | "taskId">,
): { readonly principals: readonly string[]; readonly namespaces: readonly string[] } {
  return {
    principals: [EVERYBODY, `station:${lineId}/${stationId}`],
    namespaces: ["project", `line:${lineId}`, `task:${taskId}`],
  };
}
