/** The kept connection against the other end of the wire, which misbehaves when it is told to. */
import assert from "node:assert/strict";
import { z } from "zod";
import type { Clock } from "../ports.ts";
import { createSocketLink, type SocketLink } from "./socket_link.ts";

/** Sleeps of up to a retry pass at once; longer ones wait for an abort. */
const hastyClock: Clock = {
  nowMs: () => 0,
  sleep: (ms, signal) =>
    ms <= 1_000
      ? new Promise((resolve) => setImmediate(resolve))
      : new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
};

// deno-lint-ignore no-explicit-any -- messages of every shape
type Message = any;

interface Server extends AsyncDisposable {
  readonly url: string;
  readonly heard: Message[][];
  readonly opened: number;
  /** Text frames that came. */
  readonly frames: number;
}

/** Answers hellos; `onMessage` does the rest, with the number of the connection from 1. */
function serve(
  onMessage: (message: Message, socket: WebSocket, connection: number) => void,
  refuse: (request: Request) => Response | null = () => null,
): Server {
  const heard: Message[][] = [];
  let frames = 0;
  const sockets = new Set<WebSocket>();
  const server = Deno.serve({ port: 0, onListen() {} }, (request) => {
    const refused = refuse(request);
    if (refused !== null) return refused;
    if (request.headers.get("upgrade") !== "websocket") return new Response(null, { status: 426 });
    assert.equal(request.headers.get("authorization"), "Bearer t");
    const { socket, response } = Deno.upgradeWebSocket(request);
    sockets.add(socket);
    const connection = heard.push([]);
    socket.onmessage = ({ data }) => {
      frames++;
      for (const message of JSON.parse(data)) {
        heard[connection - 1]!.push(message);
        if (message.type === "hello") {
          const value = { version: 1, pingMs: 60_000, logWindowBytes: 10 };
          socket.send(JSON.stringify([{ type: "answer", id: message.id, value }]));
        } else onMessage(message, socket, connection);
      }
    };
    return response;
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    heard,
    get opened() {
      return heard.length;
    },
    get frames() {
      return frames;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.close();
      await server.shutdown();
    },
  };
}

function linkTo(url: string, onPush: (message: Message) => void = () => {}): SocketLink {
  return createSocketLink({
    serverUrl: url,
    path: "/socket",
    token: "t",
    clock: hastyClock,
    random: () => 0,
    hello: () => ({ version: 1 }),
    onOpen: () => {},
    onPush,
    onDown: () => {},
  });
}

const answer = (socket: WebSocket, id: number, value: unknown) =>
  socket.send(JSON.stringify([{ type: "answer", id, value }]));
const never = new AbortController().signal;

Deno.test("a request that was not answered when the connection ended is said again on the next one", async () => {
  await using server = serve((message, socket, connection) => {
    if (connection < 3) socket.close();
    else answer(socket, message.id, { runs: [message.runs[0].runId] });
  });
  const link = linkTo(server.url);
  const outcome = await link.request(
    "heartbeat",
    { runs: [{ runId: "r" }] },
    z.object({ runs: z.unknown() }),
  );
  assert.deepEqual(outcome, { kind: "ok", value: { runs: ["r"] } });
  assert.equal(server.opened, 3);
  for (const messages of server.heard) {
    assert.deepEqual(messages.map(({ type }) => type), ["hello", "heartbeat"], "hello comes first");
  }
  link.close();
});

Deno.test("requests of one turn travel in one frame, and each gets its own answer or refusal", async () => {
  await using server = serve((message, socket) => {
    if (message.jobId === "a") return answer(socket, message.id, { id: "a" });
    const error = { code: "job_not_queued", message: "taken" };
    socket.send(
      JSON.stringify([{ type: "error", id: message.id, status: message.jobId === "b" ? 409 : 503, error }]),
    );
  });
  const link = linkTo(server.url);
  await link.settled(1_000, never);
  const outcomes = await Promise.all(
    ["a", "b", "c"].map((jobId) => link.request("claim", { jobId }, z.unknown())),
  );
  assert.deepEqual(outcomes, [
    { kind: "ok", value: { id: "a" } },
    { kind: "refused", status: 409, code: "job_not_queued", message: "taken" },
    { kind: "unreachable", detail: "status 503" },
  ]);
  assert.equal(server.frames, 2, "a hello, and one frame for all three");
  link.close();
});

Deno.test("what the server says by itself is passed on", async () => {
  await using server = serve((_, socket) =>
    socket.send(JSON.stringify([{ type: "cancel", runId: "r", jobId: "j" }]))
  );
  const { promise, resolve } = Promise.withResolvers<Message>();
  const link = linkTo(server.url, resolve);
  void link.request("drain", {}, z.unknown());
  assert.deepEqual(await promise, { type: "cancel", runId: "r", jobId: "j" });
  link.close();
});

Deno.test("a server without a socket is asked once, and nothing waits for it", async () => {
  let asked = 0;
  await using server = serve(() => {}, () => {
    asked++;
    return new Response(null, { status: 404 });
  });
  const link = linkTo(server.url);
  const outcome = await link.request("drain", {}, z.unknown());
  assert.equal(outcome.kind, "unreachable");
  assert.equal(link.state.kind, "none");
  assert.equal(asked, 2, "the upgrade, and why not");
});

Deno.test("a network that lets no socket through is tried a few times", async () => {
  let upgrades = 0;
  await using server = serve(() => {}, (request) => {
    if (request.headers.get("upgrade") !== "websocket") return null;
    upgrades++;
    return new Response(null, { status: 400 });
  });
  const link = linkTo(server.url);
  assert.equal((await link.settled(60_000, never)).kind, "none");
  assert.equal(upgrades, 3);
});

Deno.test("a token that is not accepted is a refusal of every call", async () => {
  await using server = serve(
    () => {},
    () => Response.json({ error: { code: "unauthenticated", message: "" } }, { status: 401 }),
  );
  const link = linkTo(server.url);
  const outcome = await link.request("drain", {}, z.unknown());
  assert.deepEqual(outcome.kind === "refused" && [outcome.status, outcome.code], [401, "unauthenticated"]);
});
