/** Brings what was seen of a worktree to who asked. By HTTP whatever the transport: it is large, and seldom. */
import { z } from "zod";
import type { WorktreeAnswer, WorktreeAsk } from "../../protocol/agent/worktree.ts";
import { WORKTREE_WAIT_MS } from "../../protocol/agent/limits.ts";
import { type ProjectAddress, projectPath } from "./control_plane.ts";
import { type CallOutcome, createCaller } from "./http_call.ts";

export type WorktreeSender = (ask: WorktreeAsk, answer: WorktreeAnswer) => Promise<CallOutcome<unknown>>;

/** Makes the sender of a registered runner. */
export function createWorktreeSender(at: ProjectAddress, token: string): WorktreeSender {
  const call = createCaller(at.serverUrl, token);
  return ({ runId, commandId }, answer) =>
    call({
      method: "POST",
      path: `${projectPath(at)}/runs/${encodeURIComponent(runId)}/worktree/${encodeURIComponent(commandId)}`,
      body: answer,
      schema: z.unknown(),
      timeoutMs: WORKTREE_WAIT_MS,
    });
}
