/**
 * What each message of a runner's socket does. The decisions are those of the HTTP calls: every branch ends in a handler
 * of `queue_handlers/` or in the working side of the queue.
 */
import type { ClientMessage, HeartbeatVerdict, HelloAnswer } from "../../protocol/runner/socket.ts";
import {
  SOCKET_CAPABILITIES_MAX_BYTES,
  SOCKET_CREDIT_MAX,
  SOCKET_FRAME_MAX_BYTES,
  SOCKET_LOG_WINDOW_BYTES,
  SOCKET_MESSAGES_MAX,
  SOCKET_PING_MS,
} from "../../protocol/runner/socket_limits.ts";
import type { RunnerId } from "../../protocol/ids.ts";
import { ok, type Result } from "../../protocol/result.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import { authorize } from "../domain/authorize.ts";
import type { QueueError } from "../domain/job_queue_api.ts";
import { jsonText } from "../domain/json_text.ts";
import { heldJobs, intakeOf, noteSeen } from "../domain/runner_registry.ts";
import { grantCredit, voidCredit } from "../domain/socket_account.ts";
import { unheardJobs } from "../domain/socket_card.ts";
import { type HttpRefusal, queueRefusal, refusal } from "../errors.ts";
import type { OpenQueue } from "./open_queue.ts";
import { commandHandlers } from "./queue_handlers/command_handlers.ts";
import { workHandlers } from "./queue_handlers/work_handlers.ts";
import { taskHandlers } from "./queue_handlers/task_handlers.ts";
import type { SocketSession } from "./runner_socket_session.ts";
import { refused, submitAll } from "./runner_socket_submit.ts";

/** What messages need of the sockets around them. */
export interface MessageDeps {
  readonly queue: OpenQueue;
  /** Gives the session what there is, as far as its credit goes, and lets it wait for more. */
  readonly serve: (session: SocketSession) => void;
  /** The session has said who it is: older connections of its runner end. */
  readonly replaceOlder: (session: SocketSession) => void;
}

type Answered<T> = Result<T, QueueError>;

/** Handles one message; what it is answered with is said to the session, at once or when its handler is done. */
export function handleMessage(deps: MessageDeps, session: SocketSession, message: ClientMessage): void {
  const { queue } = deps;
  const { caller, baseUrl } = session;
  if (message.type === "hello") return hello(deps, session, message);
  if (session.hello === null) {
    const why = "Cannot take this message as the first one must be 'hello'";
    return sayRefusal(session, "id" in message ? message.id : null, refusal(409, "hello_required", why));
  }
  switch (message.type) {
    case "want":
      return want(deps, session, message.credit);
    case "drain":
      session.account = voidCredit(session.account);
      session.stopWaiting();
      return session.answer(message.id, jsonText({ credit: 0 }));
    case "claim": {
      const { maxJobs } = session.hello;
      const input = { jobId: message.jobId, capabilities: null, baseUrl, maxJobs };
      const claimed = queue.work.claim(caller, input);
      if (claimed.ok) return session.answer(message.id, claimed.value);
      return sayRefusal(session, message.id, queueRefusal(claimed.error));
    }
    case "report": {
      const { report } = message;
      const input = { runId: report.runId!, report };
      return settle(session, message.id, workHandlers.reportRun(queue, caller, input));
    }
    case "heartbeat":
      return answerAll(
        session,
        message.id,
        message.runs.map((report) => {
          const runId = report.runId!;
          return then(
            workHandlers.reportRun(queue, caller, { runId, report }),
            (answer): HeartbeatVerdict =>
              answer.ok ? { runId, ...answer.value } : { runId, ...refused(queueRefusal(answer.error)) },
          );
        }),
        (runs) => ({ runs }),
      );
    case "agent_command_done": {
      const { runId, commandId, outcome, detail } = message;
      const input = { runId, commandId, done: { outcome, detail } };
      return settle(session, message.id, commandHandlers.settleCommand(queue, caller, input));
    }
    case "submit": {
      const submitted = submitAll(queue, caller, message);
      if (submitted.ok) return session.answer(message.id, jsonText({ tasks: submitted.value }));
      return sayRefusal(session, message.id, queueRefusal(submitted.error));
    }
    case "cancel_task": {
      const input = { taskId: message.taskId, reason: message.reason, baseUrl };
      const cancelled = then(
        taskHandlers.cancelTask(queue, caller, input),
        (task): Answered<unknown> => task.ok ? { ok: true, value: { taskId: task.value.id } } : task,
      );
      return settle(session, message.id, cancelled);
    }
  }
}

function hello(
  deps: MessageDeps,
  session: SocketSession,
  message: Extract<ClientMessage, { type: "hello" }>,
): void {
  const { queue } = deps;
  const { runnerId } = session;
  const { id, capabilities, maxJobs, takes } = message;
  if (message.version !== PROTOCOL_VERSION) {
    const why =
      `Cannot talk as 'version' must be ${PROTOCOL_VERSION}: current value is ${message.version}; update the older side`;
    return sayRefusal(session, id, refusal(400, "unsupported_version", why, { expected: PROTOCOL_VERSION }));
  }
  const sizeBytes = new TextEncoder().encode(JSON.stringify(capabilities)).length;
  if (sizeBytes > SOCKET_CAPABILITIES_MAX_BYTES) {
    const why =
      `Cannot keep capabilities as they must be at most ${SOCKET_CAPABILITIES_MAX_BYTES} bytes: current value is ${sizeBytes}`;
    return sayRefusal(session, id, refusal(413, "capabilities_too_large", why));
  }
  session.greet({ capabilities, maxJobs, takes });
  deps.replaceOlder(session);
  const value: HelloAnswer = {
    version: PROTOCOL_VERSION,
    kind: runnerId === null ? "user" : "runner",
    runnerId,
    pingMs: SOCKET_PING_MS,
    creditMax: SOCKET_CREDIT_MAX,
    messagesMax: SOCKET_MESSAGES_MAX,
    frameMaxBytes: SOCKET_FRAME_MAX_BYTES,
    logWindowBytes: SOCKET_LOG_WINDOW_BYTES,
  };
  session.answer(id, jsonText(value));
  if (runnerId === null) return;
  noteHello(queue, session, message);
  if (takes === "claim") tellAgain(queue, session, runnerId, message.runs);
  for (const { runIds } of heldJobs(queue.core.state, runnerId)) sayCommands(queue, session, runIds.at(-1)!);
  const runner = queue.core.state.runners.get(runnerId);
  if (runner !== undefined && intakeOf(runner) === "draining") session.drain();
  else if (session.account.credit > 0) deps.serve(session);
}

/** Commands to the agent of a run of this runner that are not done. */
export function sayCommands(queue: OpenQueue, session: SocketSession, runId: string): void {
  for (const command of queue.commands.take(runId)) session.say({ type: "agent_command", ...command });
}

/** What a runner holds and does not know of. Whoever takes offers sends its claims itself, and repeats them. */
function tellAgain(
  queue: OpenQueue,
  session: SocketSession,
  runnerId: RunnerId,
  known: Extract<ClientMessage, { type: "hello" }>["runs"],
): void {
  for (const jobId of unheardJobs(queue.core.state, runnerId, known)) {
    const input = { jobId, capabilities: null, baseUrl: session.baseUrl };
    const job = queue.work.claim(session.caller, input);
    if (job.ok) session.sayJob("job", job.value);
  }
}

/** What the list of runners shows. */
function noteHello(
  queue: OpenQueue,
  { caller }: SocketSession,
  { capabilities, software, harnesses }: Extract<ClientMessage, { type: "hello" }>,
): void {
  queue.access.asRunner(caller, (draft, runnerId) => {
    noteSeen(draft, runnerId, { capabilities, version: software, harnesses });
    return ok(null);
  });
}

function want(deps: MessageDeps, session: SocketSession, more: number): void {
  const runner = authorize(deps.queue.core.state, session.caller, "runner");
  if (!runner.ok) return sayRefusal(session, null, queueRefusal(runner.error));
  const granted = grantCredit(session.account, more);
  if (!granted.ok) {
    const why =
      `Cannot take credit as all of it must be at most ${SOCKET_CREDIT_MAX}: current value is ${session.account.credit} and ${more} more`;
    return sayRefusal(session, null, refusal(400, "credit_too_large", why));
  }
  session.account = granted.value;
  deps.serve(session);
}

/** Says a refusal about a message, or about the frame (`id` null). */
export function sayRefusal(session: SocketSession, id: number | null, { status, body }: HttpRefusal): void {
  session.say({ type: "error", id, status, error: body.error });
}

/** A fault of ours: the client may try again. It learns nothing of what it was. */
export function sayFault(session: SocketSession, id: number | null, cause: unknown): void {
  const fault = cause instanceof Error ? { errorName: cause.name, stack: cause.stack ?? "" } : {};
  console.error(JSON.stringify({ event: "socket_message_failed", ...fault }));
  const why = "Cannot answer because of a fault on our side: nothing was lost, try again";
  sayRefusal(session, id, refusal(500, "internal_error", why));
}

function settle(
  session: SocketSession,
  id: number,
  answered: Answered<unknown> | Promise<Answered<unknown>>,
): void {
  const done = then(answered, (answer) => {
    if (answer.ok) session.answer(id, jsonText(answer.value));
    else sayRefusal(session, id, queueRefusal(answer.error));
  });
  if (done instanceof Promise) done.catch((cause) => sayFault(session, id, cause));
}

/** Handlers may answer at once or later; whoever answers at once answers in this turn. */
function then<T, U>(value: T | Promise<T>, next: (value: T) => U): U | Promise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function answerAll<T>(
  session: SocketSession,
  id: number,
  parts: readonly (T | Promise<T>)[],
  valueOf: (parts: readonly T[]) => unknown,
): void {
  const isLater = parts.some((part) => part instanceof Promise);
  const done = then(
    isLater ? Promise.all(parts) : parts as readonly T[],
    (all) => session.answer(id, jsonText(valueOf(all))),
  );
  if (done instanceof Promise) done.catch((cause) => sayFault(session, id, cause));
}
