/** The board: every task of every project, or of one. */
import { Hono } from "hono";
import type { AppEnv } from "../app_env.ts";
import { PAGE_ENDED_TASKS } from "../limits.ts";
import { BoardPage } from "../pages/board.tsx";
import { createHistoryReader } from "../store/history/read.ts";
import { page, requireViewer } from "./page_response.ts";

const OPEN_STATUSES = ["queued", "claimed", "in_progress", "awaiting_review"];
const ENDED_STATUSES = ["completed", "failed"];
/** Open tasks on the board; older ones are found by searching. */
const OPEN_TASKS = 200;

/** `GET /`. */
export function createBoardPageRoutes(nowMs: () => number = Date.now): Hono<AppEnv> {
  const app = new Hono<AppEnv>();

  app.get("/", async (c) => {
    const viewer = await requireViewer(c);
    if (viewer instanceof Response) return viewer;
    const text = (c.req.query("q") ?? "").slice(0, 200).trim();
    const history = createHistoryReader({ url: c.env.HISTORY_URL, authToken: c.env.HISTORY_AUTH_TOKEN });
    const filter = text === "" ? {} : { text };
    const [open, ended, gates] = await Promise.all([
      history.listTasks({ ...filter, statuses: OPEN_STATUSES, limit: OPEN_TASKS }),
      history.listTasks({ ...filter, statuses: ENDED_STATUSES, limit: PAGE_ENDED_TASKS }),
      history.listOpenGates({}),
    ]);
    return page(c, BoardPage({ view: { nowMs: nowMs(), text, open, ended, gates } }));
  });
  return app;
}
