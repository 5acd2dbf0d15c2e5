/** Chats with running jobs (Line 4.5): who may, what is to be told, what was replied. */
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { RunId } from "../../../protocol/ids.ts";
import { isLate } from "../../domain/agent_command.ts";
import { authorize } from "../../domain/authorize.ts";
import { channelPlace, heldRun, noteChannel, noteReply, servesModel } from "../../domain/chat.ts";
import type { ChatQueueApi, ChatTold } from "../../domain/chat_api.ts";
import type { QueueError } from "../../domain/queue_error.ts";
import { noteSeen } from "../../domain/runner_registry.ts";
import { checkGrant } from "../../domain/scope.ts";
import type { Handlers } from "./handlers.ts";

export const chatHandlers: Handlers<keyof ChatQueueApi> = {
  openChannel: (queue, caller, { jobId }) => {
    const { state } = queue.core;
    const known = authorize(state, caller, "job", "runner");
    if (!known.ok) return known;
    const who = known.value;
    queue.core.page({ jobId });
    const held = heldRun(state, jobId);
    if (!held.ok) return held;
    const { job, run } = held.value;
    if (who.kind === "job" && who.jobId !== job.id) {
      return err({ reason: "not_found", what: "job", id: jobId });
    }
    if (who.kind === "runner" && run.runnerId !== who.runnerId) {
      return err({ reason: "not_your_runner", runnerId: run.runnerId });
    }
    return queue.core.run((draft) => {
      if (who.kind === "runner") noteSeen(draft, who.runnerId);
      noteChannel(draft, run);
      return ok(channelPlace(held.value));
    });
  },
  authorizeChat: (queue, caller, { jobId }) => {
    const { state } = queue.core;
    const known = authorize(state, caller, "user");
    if (!known.ok) return known;
    queue.core.page({ jobId });
    const taskId = state.jobs.get(jobId as never)?.taskId;
    const demand = { scope: "tasks:write", ...(taskId === undefined ? {} : { taskId }) } as const;
    const allowed = checkGrant(state, known.value.grant, demand, queue.core.nowMs());
    if (!allowed.ok) return allowed;
    const held = heldRun(state, jobId);
    return held.ok ? ok(channelPlace(held.value)) : held;
  },
  tellChat: (queue, { runId, toldIds, reply }) => {
    const { core, commands } = queue;
    core.page({ runId });
    return core.run((draft): Result<ChatTold, QueueError> => {
      const run = draft.run(runId as RunId);
      if (run === undefined || run.state.kind !== "active") return ok({ isOver: true, messages: [] });
      if (reply !== null) noteReply(draft, run, reply);
      const told = new Set(toldIds);
      const open = servesModel(draft.job(run.jobId)!) ? [] : commands.openOf(runId, "message");
      const late = open.filter((row) => !told.has(row.id) && isLate(row, core.nowMs()));
      if (told.size > 0 || late.length > 0) {
        core.beside(() => {
          for (const row of open) {
            if (told.has(row.id)) {
              commands.settle(row, { outcome: "done", detail: "told by its chat channel" });
            }
          }
          for (const row of late) commands.settle(row, { outcome: "expired", detail: null });
        });
      }
      const messages = open.filter((row) => !told.has(row.id) && !late.includes(row));
      return ok({ isOver: false, messages: messages.map(({ id, text }) => ({ id, text: text ?? "" })) });
    });
  },
};
