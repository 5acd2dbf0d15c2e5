/** The pages that look into the worktree of a run that is under way. */
import { type Context, Hono } from "hono";
import { plainPath, type WorktreeAsk, worktreeQuery } from "../../protocol/agent/worktree.ts";
import type { AppEnv } from "../app_env.ts";
import { WorktreePage } from "../pages/worktree.tsx";
import { openProject, refusedPage } from "./opened_project.ts";
import { missing, page } from "./page_response.ts";

const PATH = "/p/:owner/:project/runs/:runId/worktree";

export function createWorktreePageRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get(PATH, (c) => {
    const query = worktreeQuery.safeParse(c.req.query());
    if (!query.success) return missing(c, "There is no such place in the worktree.");
    return look(c, "worktree_look", plainPath(query.data.path));
  });
  app.get(`${PATH}/diff`, (c) => look(c, "worktree_diff", ""));
  return app;
}

async function look(c: Context<AppEnv>, kind: WorktreeAsk["kind"], path: string): Promise<Response> {
  const opened = await openProject(c);
  if (opened instanceof Response) return opened;
  const { at, queue } = opened;
  const runId = c.req.param("runId") ?? "";
  const run = await queue.readRun(c.var.caller, runId);
  if (!run.ok) return refusedPage(c, run.error);
  const seen = await queue.lookIntoWorktree(c.var.caller, { runId, kind, path });
  return seen.ok
    ? page(c, WorktreePage({ view: { at, run: run.value, seen: seen.value } }))
    : refusedPage(c, seen.error);
}
