/** The worklists for people: of one project, and of all of them together. Reading them changes nothing. */
import { type Context, Hono } from "hono";
import { isName } from "../../protocol/ids.ts";
import type { AppEnv } from "../app_env.ts";
import type { Viewer } from "../domain/caller.ts";
import type { WorklistEntry, WorklistInput } from "../domain/people_api.ts";
import { roleMay } from "../domain/role.ts";
import { WORKLIST_PROJECTS_MAX } from "../limits.ts";
import { projectPath } from "../pages/frame.tsx";
import { MessagePage } from "../pages/sign_in.tsx";
import { type WorklistFilter, WorklistPage } from "../pages/worklist.tsx";
import { createHistoryReader } from "../store/history/read.ts";
import { people } from "../stubs/people.ts";
import { missing, page, requireViewer } from "./page_response.ts";

const FILTERS: readonly WorklistFilter[] = ["waiting", "mine", "overdue", "answered"];
/** Of each project on the list of all. */
const OF_ONE_PROJECT_MAX = 50;
const CURSOR_MAX_CHARS = 500;

/** `GET /worklist` and `GET /p/{owner}/{project}/worklist`; `?show=` narrows them. */
export function createWorklistPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get("/p/:owner/:project/worklist", async (c) => {
    const viewer = await requireViewer(c);
    if (viewer instanceof Response) return viewer;
    const { owner, project } = c.req.param();
    if (!isName(owner) || !isName(project)) return missing(c, "There is no such project.");
    const filter = filterOf(c);
    const cursor = c.req.query("cursor");
    const list = (cursor?.length ?? 0) > CURSOR_MAX_CHARS
      ? null
      : await listOf(c, viewer, owner, project, filter, cursor === undefined ? {} : { cursor });
    if (list === null) {
      return page(
        c,
        MessagePage({ title: "Worklist", message: "This page of the list does not exist." }),
        400,
      );
    }
    const path = `${projectPath({ owner, project })}/worklist`;
    const view = { nowMs: nowMs(), path, filter, ...list, leftOut: [] };
    return page(c, WorklistPage({ view }), 200, waitingOf(filter, list.items));
  });

  app.get("/worklist", async (c) => {
    const viewer = await requireViewer(c);
    if (viewer instanceof Response) return viewer;
    const filter = filterOf(c);
    const history = createHistoryReader({ url: c.env.HISTORY_URL, authToken: c.env.HISTORY_AUTH_TOKEN });
    const known = await history.listProjects();
    if (known.kind !== "ok") {
      const message =
        "Which projects there are is in the history, which does not answer. The worklist of one project " +
        "works without it.";
      const next = { text: "Go to one project's worklist", href: "/projects?to=worklist" };
      return page(c, MessagePage({ title: "Worklist", message, next }), known.kind === "off" ? 200 : 503);
    }
    const projects = known.value.slice(0, WORKLIST_PROJECTS_MAX);
    const lists = await Promise.all(projects.map(async ({ owner, project }) => {
      const list = await listOf(c, viewer, owner, project, filter, { limit: OF_ONE_PROJECT_MAX });
      return { items: list?.items ?? [], name: `${owner}/${project}`, isWhole: list?.nextCursor === null };
    }));
    const items = lists.flatMap((list) => list.items).sort(byDeadline);
    const leftOut = [
      ...lists.filter((list) => !list.isWhole).map((list) => `the rest of ${list.name}`),
      ...known.value.slice(WORKLIST_PROJECTS_MAX).map(({ owner, project }) => `${owner}/${project}`),
    ];
    const view = { nowMs: nowMs(), path: "/worklist", filter, items, nextCursor: null, leftOut };
    return page(c, WorklistPage({ view }), 200, waitingOf(filter, items));
  });
  return app;
}

function filterOf(c: Context<AppEnv>): WorklistFilter {
  return FILTERS.find((filter) => filter === c.req.query("show")) ?? "waiting";
}

/** The number beside the navigation's word is that of the whole list. */
function waitingOf(filter: WorklistFilter, items: readonly WorklistEntry[]): number | null {
  return filter === "waiting" ? items.length : null;
}

/** One project's list for the viewer, as the project knows them; null: the cursor is none. */
async function listOf(
  c: Context<AppEnv>,
  viewer: Viewer,
  owner: string,
  project: string,
  filter: WorklistFilter,
  page: Pick<WorklistInput, "cursor" | "limit">,
): Promise<{ readonly items: readonly WorklistEntry[]; readonly nextCursor: string | null } | null> {
  const stub = people(c.env, owner, project);
  const person = await stub.identify(viewer.principal);
  const list = await stub.worklist({
    principal: person?.principal ?? viewer.principal,
    groups: person?.groups ?? [],
    canDecide: roleMay(viewer.role, "gates:decide"),
    ...(filter === "mine" ? { mine: true } : {}),
    ...(filter === "overdue" ? { state: "overdue" } : {}),
    ...(filter === "answered" ? { state: "verified" } : {}),
    ...page,
  });
  return list.ok ? list.value : null;
}

function byDeadline(one: WorklistEntry, other: WorklistEntry): number {
  return (one.nextDeadlineMs ?? Infinity) - (other.nextDeadlineMs ?? Infinity) ||
    one.openedAtMs - other.openedAtMs;
}
