/** A client of a queue's socket for tests: says what it is told, keeps what it hears, and waits for conditions. */
import assert from "node:assert/strict";
import type { PolledJob } from "../../protocol/line/runner.ts";
import { encodeOutputFrame, type SocketChunk } from "../../protocol/runner/output_frame.ts";
import type { AnswerOf, ServerMessage } from "../../protocol/runner/socket.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import { putLine } from "../worker/work_fixture.ts";
import type { TestPlane, TestProject } from "./plane.ts";

const UNTIL_MAX_MS = 20_000;

type Asked = keyof AnswerOf;
export type SocketAnswer<K extends Asked> = { readonly ok: true; readonly value: AnswerOf[K] } | {
  readonly ok: false;
  // deno-lint-ignore no-explicit-any -- tests reach into errors of every shape
  readonly error: any;
};

export interface TestSocket extends AsyncDisposable {
  readonly heard: readonly ServerMessage[];
  /** Frames as they came, to see what travelled together. */
  readonly frames: readonly (readonly ServerMessage[])[];
  /** Sends messages in one frame, as they are. */
  say(...messages: readonly object[]): void;
  raw(data: string | Uint8Array<ArrayBuffer>): void;
  chunk(chunk: SocketChunk): void;
  /** Sends a request and waits for its answer. */
  ask<K extends Asked>(type: K, fields?: object): Promise<SocketAnswer<K>>;
  /** The same, and it must be answered with a value. */
  must<K extends Asked>(type: K, fields?: object): Promise<AnswerOf[K]>;
  hello(fields?: object): Promise<AnswerOf["hello"]>;
  jobs(): readonly PolledJob[];
  until(what: string, test: () => boolean): Promise<void>;
  /** Resolves with the code when the connection has ended. */
  readonly closed: Promise<number>;
}

/** The address of a project's socket. */
export function socketUrl(plane: TestPlane, at: TestProject): string {
  return `${plane.url.replace("http", "ws")}${at.base}/runners/socket`;
}

/** Connects; the token decides who it is. */
export async function connect(plane: TestPlane, at: TestProject, token: string): Promise<TestSocket> {
  const socket = new WebSocket(socketUrl(plane, at), { headers: { authorization: `Bearer ${token}` } });
  socket.binaryType = "arraybuffer";
  const frames: ServerMessage[][] = [];
  const watchers = new Set<() => void>();
  const announce = () => [...watchers].forEach((watcher) => watcher());
  const { promise: closed, resolve: ended } = Promise.withResolvers<number>();
  let hasEnded = false;
  let lastId = 0;
  socket.onmessage = ({ data }) => {
    if (data === "pong") return;
    frames.push(JSON.parse(data));
    announce();
  };
  socket.onclose = (event) => {
    hasEnded = true;
    ended(event.code);
    announce();
  };
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = (event) => reject(new Error(event instanceof ErrorEvent ? event.message : "error"));
  });
  socket.onerror = null;
  const heard = () => frames.flat();

  async function until(what: string, test: () => boolean): Promise<void> {
    if (test()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const check = () => {
      if (test()) resolve();
      else if (hasEnded) reject(new Error(`Cannot go on as ${what}: the connection ended`));
    };
    const deadline = setTimeout(
      () => reject(new Error(`Cannot go on as ${what}: it took too long; heard ${JSON.stringify(heard())}`)),
      UNTIL_MAX_MS,
    );
    watchers.add(check);
    check();
    try {
      await promise;
    } finally {
      clearTimeout(deadline);
      watchers.delete(check);
    }
  }

  const client: TestSocket = {
    get heard() {
      return heard();
    },
    frames,
    say: (...messages) => socket.send(JSON.stringify(messages)),
    raw: (data) => socket.send(data),
    chunk: (chunk) => socket.send(encodeOutputFrame(chunk)),
    ask: async <K extends Asked>(type: K, fields: object = {}) => {
      const id = ++lastId;
      client.say({ type, id, ...fields });
      const isAnswer = (one: ServerMessage) =>
        (one.type === "answer" || one.type === "error") && one.id === id;
      await until(`'${type}' must be answered`, () => heard().some(isAnswer));
      const answer = heard().find(isAnswer)!;
      return (answer.type === "answer"
        ? { ok: true, value: answer.value }
        : { ok: false, error: (answer as { error: unknown }).error }) as SocketAnswer<K>;
    },
    must: async (type, fields) => {
      const answer = await client.ask(type, fields);
      assert.ok(answer.ok, `${type}: ${JSON.stringify(answer)}`);
      return answer.value;
    },
    hello: (fields = {}) => client.must("hello", { version: PROTOCOL_VERSION, ...fields }),
    jobs: () => heard().flatMap((one) => one.type === "job" || one.type === "offer" ? [one.job] : []),
    until,
    closed,
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await closed;
    },
  };
  return client;
}

/** A registered runner of a project with a line, that has said hello. */
export async function openRunner(
  plane: TestPlane,
  hello: object = {},
  at: TestProject = plane.project(),
  name = "ada",
) {
  await putLine(at);
  const runner = await at.register(name);
  const socket = await connect(plane, at, runner.token);
  await socket.hello(hello);
  return { at, runner, socket };
}

/** The last of `count` jobs and offers; waits until it has come. */
export async function nextJob(socket: TestSocket, count = 1): Promise<PolledJob> {
  await socket.until(`${count} jobs must come`, () => socket.jobs().length >= count);
  return socket.jobs()[count - 1]!;
}

/** The field of a `report` about a job; success, if nothing else is said. */
export function reportOf(job: PolledJob, rest: object = { jobResult: "success", exitCode: 0, error: null }) {
  return { report: { runId: job.runId, jobId: job.id, leaseEpoch: job.leaseEpoch, ...rest } };
}
