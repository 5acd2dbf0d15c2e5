/** The number beside the navigation's "Worklist": how much of a project is asked of whoever looks. */
import type { Context } from "hono";
import type { AppEnv } from "../app_env.ts";
import type { Viewer } from "../domain/caller.ts";
import { roleMay } from "../domain/role.ts";
import { WAITING_COUNT_MAX } from "../limits.ts";
import type { ProjectName } from "../pages/frame.tsx";
import { people } from "../stubs/people.ts";

/**
 * Null where it is not worth a question: a page that a script asks for again does not show it, and nobody else than a
 * browser looks at it. A page is drawn without it rather than not at all.
 */
export async function waitingFor(
  c: Context<AppEnv>,
  viewer: Viewer | null,
  project: ProjectName | null,
): Promise<number | null> {
  if (viewer === null || project === null || c.req.header("sec-fetch-mode") !== "navigate") return null;
  const stub = people(c.env, project.owner, project.project);
  try {
    const person = await stub.identify(viewer.principal);
    const list = await stub.worklist({
      principal: person?.principal ?? viewer.principal,
      groups: person?.groups ?? [],
      canDecide: roleMay(viewer.role, "gates:decide"),
      limit: WAITING_COUNT_MAX,
    });
    return list.ok ? list.value.items.length : null;
  } catch (cause) {
    const errorName = cause instanceof Error ? cause.name : "unknown";
    console.error(JSON.stringify({ event: "waiting_count_failed", requestId: c.var.requestId, errorName }));
    return null;
  }
}
