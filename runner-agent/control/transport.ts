/**
 * How this runner talks to its control plane. `socket`: one connection for everything. `sse`: polls, when the event
 * stream says so. `poll`: long polls. `auto`: the socket; where there is none (another ALP server, a network that lets
 * no WebSocket through), `sse` from then on, which without a stream is `poll`. The rest of the runner does not know
 * which.
 */
import type { Clock, Transport } from "../ports.ts";
import { type ControlPlane, type ProjectAddress, projectPath } from "./control_plane.ts";
import { createEventControlPlane } from "./event_control_plane.ts";
import { createEventStream } from "./event_stream.ts";
import { createSocketControlPlane, type SocketControlPlane } from "./socket_control_plane.ts";

export interface TransportDeps {
  readonly transport: Transport;
  readonly at: ProjectAddress;
  readonly token: string;
  readonly jobsMax: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** The calls over HTTP. */
  readonly http: ControlPlane;
  /** What happens to connections. */
  readonly onEvent: (event: "socket_connecting" | "socket_open" | "socket_refused" | "socket_none") => void;
}

/** Opens what the transport needs; nothing else ever connects. */
export function openControlPlane(deps: TransportDeps): ControlPlane {
  switch (deps.transport) {
    case "poll":
      return deps.http;
    case "sse":
      return withEvents(deps);
    case "socket":
      return openSocket(deps);
    case "auto":
      return withFallback(openSocket(deps), withEvents(deps));
  }
}

/** A server without a stream costs one question. */
function withEvents({ at, token, clock, random, http }: TransportDeps): ControlPlane {
  const url = new URL(`${projectPath(at)}/runners/events`, at.serverUrl).href;
  return createEventControlPlane(http, createEventStream({ url, token, clock, random }), clock);
}

function openSocket(deps: TransportDeps): SocketControlPlane {
  return createSocketControlPlane({ ...deps, onState: (state) => deps.onEvent(`socket_${state}`) });
}

/** Asks `socket` until it is known that there is none, and `http` from then on. The call that found out is made again. */
function withFallback(socket: SocketControlPlane, http: ControlPlane): ControlPlane {
  async function ask<T extends { readonly kind: string }>(
    by: (plane: ControlPlane) => Promise<T>,
  ): Promise<T> {
    if (socket.state.kind === "none") return await by(http);
    const outcome = await by(socket);
    return outcome.kind === "unreachable" && hasNone(socket) ? await by(http) : outcome;
  }
  return {
    poll: (capabilities, waitMs, signal) => ask((plane) => plane.poll(capabilities, waitMs, signal)),
    claim: (jobId, runnerName) => ask((plane) => plane.claim(jobId, runnerName)),
    report: (run, report, signal) => ask((plane) => plane.report(run, report, signal)),
    sendLog: (run, chunk) => ask((plane) => plane.sendLog(run, chunk)),
    listRunners: () => http.listRunners(),
    onNews: (runId, listen) => socket.onNews(runId, listen),
    onWatched: (runId, listen) => socket.onWatched(runId, listen),
    onApproval: (requestId, listen) => socket.onApproval(requestId, listen),
    onCommands: (listen) => {
      socket.onCommands(listen);
      http.onCommands(listen);
    },
    onWorktreeAsks: (listen) => socket.onWorktreeAsks(listen),
    commandDone: (command, outcome) => ask((plane) => plane.commandDone(command, outcome)),
    close: () => {
      socket.close();
      http.close();
    },
  };
}

function hasNone(socket: SocketControlPlane): boolean {
  return socket.state.kind === "none";
}
