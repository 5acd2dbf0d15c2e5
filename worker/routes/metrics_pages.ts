/** The pages of metrics: of all projects, and of one. Read from the history alone (O5). */
import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { MetricsPage } from "../pages/metrics.tsx";
import { rangeOf } from "../pages/metrics_range.ts";
import { createMetricsReader } from "../store/history/metrics_read.ts";
import { openProject } from "./opened_project.ts";
import { page, requireViewer } from "./page_response.ts";

/** `/metrics` and `/p/{owner}/{project}/metrics`, each with `?range=24h|7d|30d`. */
export function createMetricsPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get("/metrics", async (c) => {
    const viewer = await requireViewer(c);
    if (viewer instanceof Response) return viewer;
    const range = rangeOf(c.req.query("range"), nowMs());
    const rows = await createMetricsReader(historyOf(c.env)).read(range);
    return page(c, MetricsPage({ view: { at: null, range, rows } }));
  });

  app.get("/p/:owner/:project/metrics", async (c) => {
    const opened = await openProject(c);
    if (opened instanceof Response) return opened;
    const range = rangeOf(c.req.query("range"), nowMs());
    const rows = await createMetricsReader(historyOf(c.env)).read({ ...opened.at, ...range });
    return page(c, MetricsPage({ view: { at: opened.at, range, rows } }));
  });
  return app;
}

function historyOf(env: AppEnv["Bindings"]) {
  return { url: env.HISTORY_URL, authToken: env.HISTORY_AUTH_TOKEN };
}
