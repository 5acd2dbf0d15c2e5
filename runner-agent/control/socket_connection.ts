/**
 * One connection of a runner's socket: opens it, says frames, reads frames, pings. It ends once and says so; whoever
 * keeps connections (`socket_link.ts`) decides what follows.
 *
 * The token goes into the `Authorization` header, as in every other call: Deno's WebSocket client sends headers. That
 * client does not tell why a connection was refused, so a plain request asks for the reason: 426 means that there is a
 * socket and that the token is accepted.
 */
import type { ClientMessageInput, ReadServerMessage } from "../../protocol/runner/socket.ts";
import { serverMessage } from "../../protocol/runner/socket.ts";
import { SOCKET_PING, SOCKET_PONG } from "../../protocol/runner/socket_limits.ts";
import { z } from "zod";
import { SOCKET_OPEN_MAX_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import { createCaller } from "./http_call.ts";
import { pause } from "./retry.ts";

export interface SocketConnection {
  /** Messages that are said in one turn travel in one frame. */
  say(message: ClientMessageInput): void;
  sendBytes(frame: Uint8Array<ArrayBuffer>): void;
  /** From now on pings are sent; a connection that is silent for three of them ends. */
  keepAlive(pingMs: number): void;
  close(): void;
  /** Resolves with the close code. */
  readonly ended: Promise<number>;
}

/** `no_socket`: this server, or what is before it, has none. `refused`: the token is not accepted. */
export type ConnectOutcome =
  | { readonly kind: "open"; readonly connection: SocketConnection }
  | { readonly kind: "no_socket" }
  /** The server has sockets, and yet none opened: the network in between may not let them through. */
  | { readonly kind: "blocked" }
  | { readonly kind: "refused"; readonly status: number; readonly code: string }
  | { readonly kind: "unreachable"; readonly detail: string };

export interface ConnectDeps {
  readonly serverUrl: string;
  /** Path of the socket. */
  readonly path: string;
  readonly token: string;
  readonly clock: Clock;
  readonly onMessages: (messages: readonly ReadServerMessage[]) => void;
}

const frame = z.array(serverMessage);
const UPGRADE_REQUIRED = 426;
const PINGS_MISSED_MAX = 3;

/** Never rejects. */
export async function openConnection(deps: ConnectDeps, signal: AbortSignal): Promise<ConnectOutcome> {
  const url = new URL(deps.path, deps.serverUrl);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${deps.token}` } });
  const isOpen = await untilOpen(socket, deps.clock, signal);
  if (isOpen) return { kind: "open", connection: connectionOf(socket, deps) };
  return await reasonOf(deps, signal);
}

async function untilOpen(socket: WebSocket, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const limit = new AbortController();
  const giveUp = () => resolve(false);
  socket.onopen = () => resolve(true);
  socket.onerror = giveUp;
  socket.onclose = giveUp;
  void pause(clock, SOCKET_OPEN_MAX_MS, AbortSignal.any([limit.signal, signal])).then(giveUp);
  const isOpen = await promise;
  limit.abort();
  socket.onerror = null;
  if (!isOpen) socket.close();
  return isOpen;
}

async function reasonOf(deps: ConnectDeps, signal: AbortSignal): Promise<ConnectOutcome> {
  const call = createCaller(deps.serverUrl, deps.token);
  const answer = await call({ method: "GET", path: deps.path, schema: z.unknown(), signal });
  if (answer.kind === "unreachable") return answer;
  if (answer.kind === "ok") return { kind: "no_socket" };
  if (answer.status === UPGRADE_REQUIRED) return { kind: "blocked" };
  if (answer.status === 401 || answer.status === 403) {
    return { kind: "refused", status: answer.status, code: answer.code };
  }
  return { kind: "no_socket" };
}

function connectionOf(socket: WebSocket, deps: ConnectDeps): SocketConnection {
  const ended = Promise.withResolvers<number>();
  const over = new AbortController();
  let said: ClientMessageInput[] = [];
  let unansweredPings = 0;

  function end(code: number): void {
    if (over.signal.aborted) return;
    over.abort();
    ended.resolve(code);
    socket.close();
  }

  socket.onclose = (event) => end(event.code);
  socket.onerror = () => end(0);
  socket.onmessage = ({ data }) => {
    unansweredPings = 0;
    if (data === SOCKET_PONG || typeof data !== "string") return;
    const read = frame.safeParse(parseJson(data));
    // What is no frame comes from no server of ours.
    if (read.success) deps.onMessages(read.data);
    else end(0);
  };

  return {
    ended: ended.promise,
    say(message) {
      said.push(message);
      if (said.length > 1) return;
      queueMicrotask(() => {
        const messages = said;
        said = [];
        if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(messages));
      });
    },
    sendBytes(bytes) {
      if (socket.readyState === WebSocket.OPEN) socket.send(bytes);
    },
    keepAlive(pingMs) {
      void (async () => {
        while (!over.signal.aborted) {
          await pause(deps.clock, pingMs, over.signal);
          if (over.signal.aborted) return;
          if (unansweredPings >= PINGS_MISSED_MAX) return end(0);
          unansweredPings++;
          if (socket.readyState === WebSocket.OPEN) socket.send(SOCKET_PING);
        }
      })();
    },
    close: () => end(0),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
