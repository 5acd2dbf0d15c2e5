/** What an agent has in its worktree right now (Runtime 3.2): asked of its runner, while its run is under way. */
import { type Context, Hono } from "hono";
import { z } from "zod";
import {
  plainPath,
  worktreeAnswer,
  type WorktreeAsk,
  worktreeDiff,
  worktreePlace,
  worktreeQuery,
} from "../../protocol/agent/worktree.ts";
import type { AppEnv } from "../app_env.ts";
import { answer } from "./answer.ts";
import { readBody, readQuery } from "./input.ts";
import { type Operation, PROJECT_PATH } from "./operation.ts";

const WORKTREE = `${PROJECT_PATH}/runs/:runId/worktree`;

export function createWorktreeRoutes(): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get(WORKTREE, async (c) => {
    const query = readQuery(c, worktreeQuery);
    return query.ok ? await look(c, "worktree_look", plainPath(query.value.path)) : query.error;
  });
  app.get(`${WORKTREE}/diff`, (c) => look(c, "worktree_diff", ""));
  app.post(`${WORKTREE}/:commandId`, async (c) => {
    const body = await readBody(c, worktreeAnswer);
    if (!body.ok) return body.error;
    const { runId, commandId } = c.req.param();
    return answer(await c.var.queue.answerWorktree(c.var.caller, { runId, commandId, answer: body.value }));
  });
  return app;
}

async function look(c: Context<AppEnv>, kind: WorktreeAsk["kind"], path: string): Promise<Response> {
  const runId = c.req.param("runId") ?? "";
  return answer(await c.var.queue.lookIntoWorktree(c.var.caller, { runId, kind, path }));
}

const LOOK = {
  tag: "Agents at work",
  method: "get",
  tokens: ["user"],
  scope: "tasks:read",
  refusals: [
    "404 run_not_found",
    "409 run_not_active",
    "409 worktree_not_there",
    "409 runner_not_connected",
    "409 too_many_looks",
    "502 look_failed",
    "504 runner_silent",
  ],
} as const;

export const WORKTREE_OPERATIONS: readonly Operation[] = [
  {
    ...LOOK,
    paths: [WORKTREE],
    summary: "See a folder or a file of a run's worktree, as it is now",
    description:
      "Its runner is asked, over its socket. Links are told of and not followed; secrets are cut; a binary file has no `text`.",
    query: worktreeQuery,
    answers: { 200: worktreePlace },
    refusals: [...LOOK.refusals, "404 path_not_found"],
  },
  {
    ...LOOK,
    paths: [`${WORKTREE}/diff`],
    summary: "See what a run's station has changed so far, committed or not",
    answers: { 200: worktreeDiff },
  },
  {
    tag: "Runners at work",
    method: "post",
    paths: [`${WORKTREE}/:commandId`],
    tokens: ["runner"],
    summary: "Tell what was seen in a run's worktree",
    description: "To whoever waits for it; `isHeard` is false where nobody does any more.",
    body: worktreeAnswer,
    answers: { 200: z.object({ isHeard: z.boolean() }) },
    refusals: ["403 not_your_runner", "404 run_not_found"],
  },
];
