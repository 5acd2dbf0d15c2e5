/** The page where people choose a project; straight to it when there is only one. */
import { Hono } from "hono";
import { isName } from "../../protocol/ids.ts";
import type { AppEnv } from "../app_env.ts";
import { type ProjectName, projectPath } from "../pages/frame.tsx";
import { ProjectsPage, type ProjectsView } from "../pages/projects.tsx";
import { createHistoryReader } from "../store/history/read.ts";
import { page, requireViewer } from "./page_response.ts";

const PARTS = ["worklist", "lines", "contexts", "runners", "metrics", "cards"] as const;

/** `GET /projects`: `to` is the part of the project to go to, `project` (`owner/project`) the one that was chosen. */
export function createProjectPageRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/projects", async (c) => {
    const viewer = await requireViewer(c);
    if (viewer instanceof Response) return viewer;
    const to = PARTS.find((part) => part === c.req.query("to")) ?? null;
    const chosen = (c.req.query("project") ?? "").trim();
    const [owner = "", project = "", ...rest] = chosen.split("/");
    if (isName(owner) && isName(project) && rest.length === 0) {
      return c.redirect(pathOf({ owner, project }, to), 303);
    }
    const history = createHistoryReader({ url: c.env.HISTORY_URL, authToken: c.env.HISTORY_AUTH_TOKEN });
    const known = await history.listProjects();
    const projects = known.kind === "ok" ? known.value : [];
    if (to !== null && projects.length === 1 && chosen === "") {
      return c.redirect(pathOf(projects[0]!, to), 303);
    }
    const refused = chosen === "" ? null : chosen;
    const view = { projects, to, isKnown: known.kind === "ok", refused };
    return page(c, ProjectsPage({ view }), refused === null ? 200 : 400);
  });
  return app;
}

function pathOf(at: ProjectName, to: ProjectsView["to"]): string {
  return to === null ? projectPath(at) : `${projectPath(at)}/${to}`;
}
