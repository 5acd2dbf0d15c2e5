/**
 * The sockets of a queue: runners that get jobs pushed, and clients that submit in bulk. They hibernate: an idle one
 * costs nothing, and what is known of it is attached to it (O4).
 *
 * Invariants:
 *   1. A frame is handled in one turn, so that all its decisions share one write; answers leave behind it
 *      (`runner_socket_turns.ts`).
 *   2. One connection per runner: the newest that said `hello`. An older one belongs to a process or a network that is
 *      gone and must not take a job that nobody would hear of.
 */
import type { WorktreeAsk } from "../../protocol/agent/worktree.ts";
import type { RunnerId, TaskId } from "../../protocol/ids.ts";
import {
  SOCKET_CLOSE_POLICY,
  SOCKET_CLOSE_SUPERSEDED,
  SOCKET_CLOSE_UNAUTHENTICATED,
  SOCKET_FRAMES_IN_FLIGHT_MAX,
  SOCKET_PING,
  SOCKET_PONG,
} from "../../protocol/runner/socket_limits.ts";
import { ok } from "../../protocol/result.ts";
import type { Caller } from "../domain/caller.ts";
import type { Change } from "../domain/queue_state.ts";
import { intakeOf, noteSeen } from "../domain/runner_registry.ts";
import type { SocketCard } from "../domain/socket_card.ts";
import { frameFaultText, readFrame } from "../domain/socket_frame.ts";
import { invalidInput, refusal } from "../errors.ts";
import type { OpenQueue } from "./open_queue.ts";
import { createSocketDispatch } from "./runner_socket_dispatch.ts";
import { handleMessage, sayCommands, sayFault, sayRefusal } from "./runner_socket_messages.ts";
import type { SocketOutput } from "./runner_socket_output.ts";
import { SocketSession } from "./runner_socket_session.ts";
import { createSocketTurns } from "./runner_socket_turns.ts";

export interface RunnerSockets {
  /** Takes a connection of a caller who was authorised. */
  accept(
    who: { readonly caller: Caller; readonly runnerId: RunnerId | null; readonly baseUrl: string },
  ): Response;
  heard(socket: WebSocket, data: string | ArrayBuffer): void;
  closed(socket: WebSocket): void;
  /** Runners that are connected right now. */
  live(): ReadonlySet<string>;
  /** Pushes what a decision means for connected runners: their run was ended, they shall take no more, their token is gone. */
  tell(changes: readonly Change[]): void;
  /** Somebody looks at a task's output: its runner need not save it up any longer. */
  watched(taskId: TaskId): void;
  /** A person has decided on a request that the runner holds, or nobody will. */
  decided(runnerId: RunnerId, request: { readonly jobId: string; readonly requestId: string }): void;
  /** There are commands for the agent of a run: its runner is told, if it is connected. */
  command(runnerId: RunnerId, runId: string): void;
  /** Asks a runner something that somebody waits for. False: it is not connected. */
  ask(runnerId: RunnerId, ask: WorktreeAsk): boolean;
  /** After the object woke: lets sockets with credit wait again. */
  restore(): void;
}

const SOCKET_CLOSE_NORMAL = 1000;

/** A tag is how the platform finds sockets again. */
const tagOf = (runnerId: RunnerId | null) => runnerId === null ? "user" : `runner:${runnerId}`;

/** @param output Where binary frames go. */
export function createRunnerSockets(
  ctx: DurableObjectState,
  queue: OpenQueue,
  output: SocketOutput,
  atEndOfTurn: (callback: () => void) => void,
): RunnerSockets {
  const sessions = new Map<WebSocket, SocketSession>();
  const greeted = new Map<RunnerId, SocketSession>();
  /** By the hash of their token. */
  const byToken = new Map<string, Set<SocketSession>>();
  const turns = createSocketTurns({ core: queue.core, atEndOfTurn, handle: handleFrame });
  const dispatch = createSocketDispatch(ctx, queue, forget, turns.soon);
  const messageDeps = { queue, serve: dispatch.serve, replaceOlder };
  ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(SOCKET_PING, SOCKET_PONG));

  function sessionOf(socket: WebSocket): SocketSession {
    const known = sessions.get(socket);
    if (known !== undefined) return known;
    const session = new SocketSession(
      socket,
      socket.deserializeAttachment() as SocketCard,
      turns.touched,
      Date.now(),
    );
    sessions.set(socket, session);
    if (session.caller.kind === "token") {
      const { hash } = session.caller;
      byToken.set(hash, (byToken.get(hash) ?? new Set()).add(session));
    }
    if (session.runnerId !== null && session.hello !== null) greeted.set(session.runnerId, session);
    return session;
  }

  /** Invariant 2. Sockets that sleep are found by their tag. */
  function replaceOlder(session: SocketSession): void {
    if (session.runnerId === null) return;
    for (const socket of ctx.getWebSockets(tagOf(session.runnerId))) {
      if (socket === session.socket) continue;
      const older = sessionOf(socket);
      if (older.hello !== null) forget(older, SOCKET_CLOSE_SUPERSEDED, "superseded");
    }
    greeted.set(session.runnerId, session);
  }

  function forget(session: SocketSession, code: number, reason: string): void {
    session.end(code, reason);
    sessions.delete(session.socket);
    dispatch.drop(session);
    if (session.caller.kind === "token") {
      const { hash } = session.caller;
      const others = byToken.get(hash);
      others?.delete(session);
      if (others?.size === 0) byToken.delete(hash);
    }
    if (session.runnerId !== null && greeted.get(session.runnerId) === session) {
      greeted.delete(session.runnerId);
    }
  }

  function refuseFrame(session: SocketSession, code: string, message: string): void {
    sayRefusal(session, null, refusal(400, code, message));
    forget(session, SOCKET_CLOSE_POLICY, code);
  }

  function handleFrame(session: SocketSession, data: string | ArrayBuffer): void {
    if (!session.isOpen) return;
    session.handled();
    try {
      if (typeof data === "string") heardText(session, data);
      else heardBytes(session, new Uint8Array(data));
    } catch (cause) {
      sayFault(session, null, cause);
    }
  }

  function heardText(session: SocketSession, text: string): void {
    const frame = readFrame(text);
    if (!frame.ok) return refuseFrame(session, frame.error.reason, frameFaultText(frame.error));
    for (const entry of frame.value) {
      if (!session.isOpen) return;
      if (entry.kind === "message") {
        try {
          handleMessage(messageDeps, session, entry.message);
        } catch (cause) {
          sayFault(session, "id" in entry.message ? entry.message.id : null, cause);
        }
      } else if (entry.kind === "invalid") {
        sayRefusal(session, entry.id, invalidInput(entry.error, "body", entry.input));
      } else {
        const why =
          `Cannot take message as 'type' must be one of the protocol: current value is '${entry.type}'`;
        sayRefusal(session, entry.id, refusal(400, "unknown_message", why));
      }
    }
  }

  function heardBytes(session: SocketSession, bytes: Uint8Array): void {
    if (session.hello === null) {
      return refuseFrame(
        session,
        "hello_required",
        "Cannot take output as the first message must be 'hello'",
      );
    }
    const outcome = output.take(session, bytes);
    if (outcome === null) return;
    refuseFrame(session, outcome.code, outcome.message);
  }

  /** A runner's session; after the object woke its sockets are known again only once they are looked at. */
  function connected(runnerId: RunnerId): SocketSession | undefined {
    for (const socket of ctx.getWebSockets(tagOf(runnerId))) sessionOf(socket);
    return greeted.get(runnerId);
  }

  return {
    accept: ({ caller, runnerId, baseUrl }) => {
      const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
      ctx.acceptWebSocket(server, [tagOf(runnerId)]);
      const card: SocketCard = {
        caller,
        runnerId,
        baseUrl,
        hello: null,
        credit: 0,
        owedJobIds: [],
        waitingSinceMs: Date.now(),
      };
      server.serializeAttachment(card);
      return new Response(null, { status: 101, webSocket: client });
    },
    heard: (socket, data) => {
      const session = sessionOf(socket);
      if (!session.isOpen) return;
      if (session.hear(Date.now()) > SOCKET_FRAMES_IN_FLIGHT_MAX) {
        const why = `Cannot take frame as at most ${SOCKET_FRAMES_IN_FLIGHT_MAX} may wait for their answer`;
        return refuseFrame(session, "too_many_frames", why);
      }
      if (typeof data === "string") return turns.heard(session, data);
      // Output decides little and weighs much: it waits for nothing but what came before it.
      turns.settle();
      handleFrame(session, data);
    },
    closed: (socket) => {
      turns.settle();
      const session = sessionOf(socket);
      forget(session, SOCKET_CLOSE_NORMAL, "");
      // Until now it was online by being connected.
      if (session.runnerId === null) return;
      queue.access.asRunner(session.caller, (draft, runnerId) => {
        noteSeen(draft, runnerId);
        return ok(null);
      });
    },
    live: () => {
      const there = ctx.getWebSockets().map(sessionOf).filter((session) => !dispatch.isGone(session));
      return new Set(there.flatMap(({ runnerId }) => runnerId ?? []));
    },
    tell: (changes) => {
      for (const change of changes) {
        if (change.kind === "run") {
          const { id, jobId, runnerId, state } = change.row;
          if (state.kind !== "finished" || state.report !== null) continue;
          greeted.get(runnerId)?.say({ type: "cancel", runId: id, jobId });
        } else if (change.kind === "runner") {
          const session = greeted.get(change.row.id);
          if (intakeOf(change.row) === "draining") session?.drain();
          else session?.endDrain();
        } else if (change.kind === "delete_token") {
          for (const session of [...byToken.get(change.hash) ?? []]) {
            forget(session, SOCKET_CLOSE_UNAUTHENTICATED, "unauthenticated");
          }
        }
      }
    },
    watched: (taskId) => {
      const { tasks, jobs } = queue.core.state;
      const jobId = tasks.get(taskId)?.jobIds.at(-1);
      const state = jobId === undefined ? undefined : jobs.get(jobId)?.state;
      if (state?.kind !== "claimed" && state?.kind !== "in_progress") return;
      const { runId, runnerId } = state;
      const nothing = { sequence: -1, nextOffset: 0, cancel: false };
      greeted.get(runnerId)?.say({ type: "kept", runId, ...nothing, isWatched: true });
    },
    decided: (runnerId, request) => {
      // A runner whose connection sleeps is found by its tag.
      connected(runnerId)?.say({ type: "approval", ...request });
    },
    command: (runnerId, runId) => {
      const session = connected(runnerId);
      if (session !== undefined) sayCommands(queue, session, runId);
    },
    ask: (runnerId, ask) => {
      const session = connected(runnerId);
      session?.say({ type: "agent_command", ...ask });
      return session !== undefined;
    },
    restore: () => dispatch.restore(ctx.getWebSockets().map(sessionOf)),
  };
}
