/** A connection to `GET B/runners/socket`, as a worker or a submitter uses it. */
import type { PolledJob } from "../../../protocol/line/runner.ts";
import type { ClientMessageInput, ServerMessage, SubmitAnswer } from "../../../protocol/runner/socket.ts";
import { SOCKET_PING, SOCKET_PONG } from "../../../protocol/runner/socket_limits.ts";
import { PROTOCOL_VERSION } from "../../../protocol/version.ts";
import { LINE } from "./project.ts";
import { openSocket } from "./socket.ts";

/** One connection. The handlers may be replaced at any time. */
export interface Peer {
  send(...messages: readonly ClientMessageInput[]): void;
  /** Sends a message with the next id; resolves with its answer. */
  ask<T>(message: (id: number) => ClientMessageInput): Promise<T>;
  /** Hears of the jobs of a frame. */
  onJobs(jobs: readonly PolledJob[]): void;
  nextId(): number;
  /** The text that the platform answers by itself. */
  ping(): void;
  close(): void;
  /** Hears of answers that `ask` does not wait for. */
  onAnswers(count: number): void;
}

/** Opens a connection with `token` and says hello. `base` is the address of a project. */
export async function openPeer(base: string, token: string, maxJobs: number): Promise<Peer> {
  const socket = await openSocket(`${base}/runners/socket`, token);
  const asked = new Map<number, (value: unknown) => void>();
  let lastId = 0;
  let isClosed = false;
  const peer: Peer = {
    send: (...messages) => socket.send(JSON.stringify(messages)),
    ask: <T>(message: (id: number) => ClientMessageInput) => {
      const id = peer.nextId();
      const answer = new Promise<T>((resolve) => asked.set(id, resolve as (value: unknown) => void));
      peer.send(message(id));
      return answer;
    },
    nextId: () => ++lastId,
    ping: () => socket.send(SOCKET_PING),
    close: () => {
      isClosed = true;
      socket.close();
    },
    onJobs: () => {},
    onAnswers: () => {},
  };
  socket.onClose = (why) => {
    if (!isClosed) throw new Error(`Cannot go on as the socket must stay open: ${why}`);
  };
  socket.onMessage = (data) => {
    if (data === SOCKET_PONG) return;
    const jobs: PolledJob[] = [];
    let answers = 0;
    for (const message of JSON.parse(data) as readonly ServerMessage[]) {
      if (message.type === "job") jobs.push(message.job);
      else if (message.type === "answer") {
        const resolve = asked.get(message.id);
        asked.delete(message.id);
        if (resolve === undefined) answers++;
        else resolve(message.value);
      } else throw new Error(`Cannot go on as every message must be accepted: ${data}`);
    }
    if (answers > 0) peer.onAnswers(answers);
    if (jobs.length > 0) peer.onJobs(jobs);
  };
  await peer.ask((id) => ({ type: "hello", id, version: PROTOCOL_VERSION, maxJobs }));
  return peer;
}

/** Submits so many cards in one message; their task ids. */
export async function submitCards(peer: Peer, cards: number): Promise<readonly string[]> {
  const { tasks } = await peer.ask<SubmitAnswer>((id) => ({
    type: "submit",
    id,
    lineId: LINE,
    cards: Array.from({ length: cards }, () => ({ title: "t" })),
  }));
  return tasks.map((task) => {
    if (!task.ok) throw new Error(`Cannot submit: ${task.error.code} ${task.error.message}`);
    return task.taskId;
  });
}
