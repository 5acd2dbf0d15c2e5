/** What runs ask people in their middle (Pipeline s13). The asks are objects of their own. */
import type { JobId, RunId } from "../../../protocol/ids.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import { authorize, authorizeUser } from "../../domain/authorize.ts";
import type { Caller } from "../../domain/caller.ts";
import type { GateResolution } from "../../domain/event.ts";
import type { QueueError } from "../../domain/job_queue_api.ts";
import type { Run } from "../../domain/queue_state.ts";
import {
  askQuestion,
  endQuestion,
  type QuestionRow,
  questionStanding,
  withdrawQuestion,
} from "../../domain/run_question.ts";
import { questionView } from "../../domain/run_question_view.ts";
import type { OpenQueue } from "../open_queue.ts";
import type { Handlers } from "./handlers.ts";

type Methods = "askQuestion" | "readQuestion" | "listQuestions" | "withdrawQuestion";

export const runQuestionHandlers: Handlers<Methods> = {
  askQuestion: async (queue, caller, { runId, wish }) => {
    const asked = queue.access.asRunner(caller, (draft, runnerId) => {
      const known = queue.questions.known(runId, wish.id);
      const made = askQuestion(draft, runnerId, { runId, wish, known });
      if (made.ok && made.value.isNew) queue.core.beside(() => queue.questions.put(made.value.row));
      return made;
    }, { runId });
    if (!asked.ok) return asked;
    await queue.core.committed();
    // Who asks right after the answer finds the ask.
    await queue.core.outbox.drain("gate", asked.value.row.askId);
    return ok(viewOf(queue, asked.value.row));
  },
  readQuestion: async (queue, caller, { runId, questionId, waitMs }) => {
    const run = readableRun(queue, caller, runId);
    if (!run.ok) return run;
    const endMs = Date.now() + waitMs;
    for (;;) {
      const { row } = queue.questions.known(runId, questionId);
      if (row === null) return err({ reason: "not_found", what: "question", id: questionId });
      const view = viewOf(queue, row);
      const leftMs = endMs - Date.now();
      if (view.status !== "pending" || leftMs <= 0) return ok(view);
      await queue.questions.moved(row.jobId, leftMs);
    }
  },
  listQuestions: (queue, caller, { runId }) => {
    const run = readableRun(queue, caller, runId);
    return run.ok ? ok(queue.questions.list(runId).map((row) => viewOf(queue, row))) : run;
  },
  withdrawQuestion: async (queue, caller, { runId, questionId }) => {
    const run = queue.access.ownRun(caller, runId);
    if (!run.ok) return run;
    const { row } = queue.questions.known(runId, questionId);
    if (row === null) return err({ reason: "not_found", what: "question", id: questionId });
    const gone = queue.core.run((draft) => {
      const after = withdrawQuestion(draft, row);
      if (after !== null) queue.core.beside(() => queue.questions.put(after));
      return ok(after ?? row);
    }, { runId });
    if (!gone.ok) return gone;
    await queue.core.committed();
    await queue.core.outbox.drain("gate", row.askId);
    return ok(viewOf(queue, gone.value));
  },
};

/** An ask has ended: if it is a run's question, it has its end, and whoever waits for it hears of it. Null: it is none. */
export function settleQuestion(
  queue: OpenQueue,
  resolution: GateResolution,
): { readonly tookEffect: boolean } | null {
  const row = queue.questions.ofAsk(resolution.askId);
  if (row === null) return null;
  const settled = queue.core.run((draft) => {
    const ended = endQuestion(draft, row, resolution);
    if (ended.row !== null) queue.core.beside(() => queue.questions.put(ended.row!));
    return ok({ tookEffect: ended.tookEffect });
  }, { taskId: resolution.taskId });
  return settled.ok ? settled.value : { tookEffect: false };
}

/** For people who may read its task, and for the runner that has the run. */
function readableRun(queue: OpenQueue, caller: Caller, runId: string): Result<Run, QueueError> {
  const { core } = queue;
  const known = authorize(core.state, caller, "runner", "user");
  if (!known.ok) return known;
  core.page({ runId });
  const run = core.state.runs.get(runId as RunId);
  if (known.value.kind === "runner") return queue.access.ownRun(caller, runId);
  const demand = { scope: "tasks:read", ...(run === undefined ? {} : { taskId: run.taskId }) } as const;
  const allowed = authorizeUser(core.state, caller, demand, core.nowMs());
  if (!allowed.ok) return allowed;
  return run === undefined ? err({ reason: "not_found", what: "run", id: runId }) : ok(run);
}

function viewOf(queue: OpenQueue, row: QuestionRow) {
  const { state } = queue.core;
  queue.core.page({ runId: row.runId });
  const standing = questionStanding(row, {
    run: state.runs.get(row.runId),
    job: state.jobs.get(row.jobId as JobId),
  });
  return questionView(row, standing);
}
