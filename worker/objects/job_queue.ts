/**
 * One project's queue: lines, tasks, jobs, runners, leases. A shell (O3): every method is load, decide, apply,
 * announce, in `queue_core.ts`; only `domain/` decides.
 *
 * - Named `{owner}/{project}`. Owns its SQLite tables (`store/queue/schema.ts`) and their outbox.
 * - Its one alarm is the earliest of lease ends, run limits and outbox retries.
 * - RPC methods are the public face (`domain/job_queue_api.ts`): those of `queue_handlers/` are put on the prototype;
 *   everything else is `#private`, since TypeScript's `private` would be reachable over RPC.
 * - An answer leaves behind the write of everything decided before it (`QueueCore.committed`).
 */
import { DurableObject } from "cloudflare:workers";
import { ok } from "../../protocol/result.ts";
import type { GateAuditHead, GateResolution } from "../domain/event.ts";
import { noteAuditHead, resolveGate } from "../domain/intervene.ts";
import type { JobQueueApi } from "../domain/job_queue_api.ts";
import type { Env } from "../env.ts";
import { type OpenQueue, openQueue } from "./open_queue.ts";
import type { Handlers, QueueMethod } from "./queue_handlers/handlers.ts";
import { assetHandlers } from "./queue_handlers/asset_handlers.ts";
import { chatHandlers } from "./queue_handlers/chat_handlers.ts";
import { commandHandlers } from "./queue_handlers/command_handlers.ts";
import { jobHandlers } from "./queue_handlers/job_handlers.ts";
import { lineHandlers } from "./queue_handlers/line_handlers.ts";
import { messageHandlers } from "./queue_handlers/message_handlers.ts";
import { projectHandlers } from "./queue_handlers/project_handlers.ts";
import { questionHandlers } from "./queue_handlers/question_handlers.ts";
import { runnerHandlers } from "./queue_handlers/runner_handlers.ts";
import { subtaskHandlers } from "./queue_handlers/subtask_handlers.ts";
import { taskHandlers } from "./queue_handlers/task_handlers.ts";
import { openRunnerSocket } from "./runner_socket_open.ts";
import { runQuestionHandlers, settleQuestion } from "./queue_handlers/run_question_handlers.ts";
import { sessionHandlers } from "./queue_handlers/session_handlers.ts";
import { worktreeHandlers } from "./queue_handlers/worktree_handlers.ts";
import { workHandlers } from "./queue_handlers/work_handlers.ts";
import { approvalHandlers, settleApproval } from "./queue_handlers/approval_handlers.ts";

const HANDLERS: Handlers<QueueMethod> = {
  ...projectHandlers,
  ...lineHandlers,
  ...taskHandlers,
  ...assetHandlers,
  ...jobHandlers,
  ...runnerHandlers,
  ...workHandlers,
  ...questionHandlers,
  ...approvalHandlers,
  ...messageHandlers,
  ...subtaskHandlers,
  ...commandHandlers,
  ...sessionHandlers,
  ...chatHandlers,
  ...worktreeHandlers,
  ...runQuestionHandlers,
};

/** The methods of {@link HANDLERS}; the class body below adds them to the prototype. */
export interface JobQueue extends Pick<JobQueueApi, QueueMethod> {}

export class JobQueue extends DurableObject<Env> implements JobQueueApi {
  static {
    for (const [name, handler] of Object.entries(HANDLERS)) {
      const answer = handler as (queue: OpenQueue, ...args: unknown[]) => unknown;
      Object.defineProperty(JobQueue.prototype, name, {
        value: async function (this: JobQueue, ...args: unknown[]) {
          const result = await answer(this.#queue, ...args);
          await this.#queue.core.committed();
          return result;
        },
      });
    }
  }

  #queue!: OpenQueue;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      this.#queue = await openQueue(ctx, env);
    });
  }

  override alarm() {
    return this.#queue.core.onAlarm();
  }

  /** Moves this object's clock; only where SHOPFLOOR_CLOCK is `fake`. */
  async advanceClock(ms: number) {
    this.#queue.clock.advance(ms);
    await this.#queue.core.onAlarm();
    await this.#queue.core.outbox.drain();
  }

  /** `GET /events?runner={id}`: the event stream of an authorised runner. `GET /socket`: a socket, authorised here. */
  override async fetch(request: Request): Promise<Response> {
    if (new URL(request.url).pathname === "/socket") return openRunnerSocket(this.#queue, request);
    const runnerId = new URL(request.url).searchParams.get("runner") ?? "";
    return this.#queue.work.stream(runnerId);
  }

  override webSocketMessage(socket: WebSocket, data: string | ArrayBuffer): void {
    this.#queue.sockets.heard(socket, data);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#queue.sockets.closed(socket);
  }

  override webSocketError(socket: WebSocket): void {
    this.#queue.sockets.closed(socket);
  }

  async gateResolved(_eventId: string, resolution: GateResolution) {
    const { core } = this.#queue;
    const question = settleQuestion(this.#queue, resolution);
    if (question !== null) {
      await core.committed();
      return question;
    }
    const resolved = core.run((draft) => ok(resolveGate(draft, resolution)), { taskId: resolution.taskId });
    settleApproval(this.#queue, resolution);
    await core.committed();
    return resolved.ok ? resolved.value : { tookEffect: false };
  }

  async gateNoted(head: GateAuditHead) {
    const { core } = this.#queue;
    core.run((draft) => ok(noteAuditHead(draft, head)), { taskId: head.taskId });
    await core.committed();
  }
}
