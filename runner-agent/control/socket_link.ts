/**
 * Keeps a runner connected, whatever happens to single connections, and carries requests over them.
 *
 * Invariants:
 *   1. A request is answered once: by the server, or with `unreachable` when its time is over. One that was not answered
 *      when its connection ended is said again on the next one; every request may be repeated (protocol, invariant 2).
 *   2. `hello` is the first message of each connection; nothing goes out before it was answered.
 *   3. After a failure the next connection is tried later and later, with jitter; only a connection on which `hello` was
 *      answered starts that anew.
 *   4. A server without a socket is asked once. A network that lets none through is tried a few times.
 */
import type { z } from "zod";
import type { AnswerOf, ClientMessageInput, ReadServerMessage } from "../../protocol/runner/socket.ts";
import { SOCKET_CLOSE_SUPERSEDED, SOCKET_PING_MS } from "../../protocol/runner/socket_limits.ts";
import { backoffMs } from "../domain/backoff.ts";
import { CALL_TIMEOUT_MS, RETRY_FIRST_MS, RETRY_MAX_MS, SOCKET_BLOCKED_TRIES_MAX } from "../limits.ts";
import type { CallOutcome } from "./http_call.ts";
import { pause } from "./retry.ts";
import { type ConnectDeps, openConnection, type SocketConnection } from "./socket_connection.ts";

type Request = Extract<ClientMessageInput, { id: number }>;
/** A request without its id, which the link gives. */
export type RequestFields<K extends keyof AnswerOf> = Omit<Extract<Request, { type: K }>, "id" | "type">;

/**
 * `none`: there is no socket for us here, and there will be none. `refused`: the token is not accepted.
 */
export type LinkState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open"; readonly connection: SocketConnection }
  | { readonly kind: "none" }
  | { readonly kind: "refused"; readonly status: number; readonly code: string };

export interface SocketLink {
  readonly state: LinkState;
  request<K extends keyof AnswerOf, T>(
    type: K,
    fields: RequestFields<K>,
    schema: z.ZodType<T>,
    signal?: AbortSignal,
  ): Promise<CallOutcome<T>>;
  /** Connects, if it has not yet. Every request does. */
  begin(): void;
  /** Resolves once the state is no longer `connecting`, at the latest after `ms`. */
  settled(ms: number, signal: AbortSignal): Promise<LinkState>;
  close(): void;
}

export interface LinkDeps extends Omit<ConnectDeps, "onMessages"> {
  readonly random: () => number;
  /** What each connection begins with. */
  readonly hello: () => RequestFields<"hello">;
  /** Before anything else goes over a new connection. */
  readonly onOpen: (connection: SocketConnection, logWindowBytes: number) => void;
  /** What is no answer to a request. */
  readonly onPush: (message: ReadServerMessage) => void;
  readonly onDown: () => void;
  readonly onState?: (state: LinkState["kind"]) => void;
}

interface Waiting {
  readonly message: Request;
  settle(outcome: CallOutcome<unknown>): void;
}

/** Connects when it is first asked for anything, and goes on until it is closed. */
export function createSocketLink(deps: LinkDeps): SocketLink {
  const closed = new AbortController();
  const waiting = new Map<number, Waiting>();
  const watchers = new Set<() => void>();
  let state: LinkState = { kind: "connecting" };
  let lastId = 0;
  let hasBegun = false;

  function enter(next: LinkState): void {
    state = next;
    deps.onState?.(next.kind);
    for (const watcher of [...watchers]) watcher();
  }

  function hear(messages: readonly ReadServerMessage[]): void {
    for (const message of messages) {
      if (message.type !== "answer" && (message.type !== "error" || message.id === null)) {
        deps.onPush(message);
        continue;
      }
      const asked = waiting.get(message.id!);
      if (message.type === "answer") asked?.settle({ kind: "ok", value: message.value });
      else asked?.settle(refusalOf(message.status, message.error));
    }
  }

  function ask(message: Request, isSaid: boolean, signal: AbortSignal): Promise<CallOutcome<unknown>> {
    const { promise, resolve } = Promise.withResolvers<CallOutcome<unknown>>();
    const limit = new AbortController();
    const over = AbortSignal.any([limit.signal, signal, closed.signal]);
    waiting.set(message.id, {
      message,
      settle: (outcome) => {
        waiting.delete(message.id);
        limit.abort();
        resolve(outcome);
      },
    });
    void pause(deps.clock, CALL_TIMEOUT_MS, over).then(() =>
      waiting.get(message.id)?.settle({ kind: "unreachable", detail: "no answer" })
    );
    if (isSaid && state.kind === "open") state.connection.say(message);
    return promise;
  }

  /** Greets, and says again what was not answered (1, 2). False: it was no connection of use. */
  async function greet(connection: SocketConnection): Promise<boolean> {
    const message = { type: "hello" as const, id: ++lastId, ...deps.hello() };
    const ended = new AbortController();
    void connection.ended.then(() => ended.abort());
    const answer = ask(message, false, ended.signal);
    connection.say(message);
    const outcome = await answer;
    if (outcome.kind !== "ok") return false;
    const { logWindowBytes = 0, pingMs = SOCKET_PING_MS } = outcome.value as Partial<AnswerOf["hello"]>;
    connection.keepAlive(pingMs);
    enter({ kind: "open", connection });
    deps.onOpen(connection, logWindowBytes);
    for (const { message } of waiting.values()) connection.say(message);
    return true;
  }

  /** How one connection went. */
  async function live(): Promise<"served" | "superseded" | "failed" | "blocked" | "over"> {
    const opened = await openConnection({ ...deps, onMessages: hear }, closed.signal);
    switch (opened.kind) {
      case "no_socket":
        enter({ kind: "none" });
        return "over";
      case "refused":
        enter(opened);
        return "over";
      case "blocked":
        return "blocked";
      case "unreachable":
        return "failed";
      case "open": {
        const { connection } = opened;
        const close = () => connection.close();
        closed.signal.addEventListener("abort", close);
        if (closed.signal.aborted) close();
        const isGreeted = await greet(connection);
        if (!isGreeted) connection.close();
        const code = await connection.ended;
        closed.signal.removeEventListener("abort", close);
        if (!isGreeted) return "failed";
        enter({ kind: "connecting" });
        deps.onDown();
        return code === SOCKET_CLOSE_SUPERSEDED ? "superseded" : "served";
      }
    }
  }

  async function keep(): Promise<void> {
    let failures = 0;
    let blocked = 0;
    while (!closed.signal.aborted) {
      const outcome = await live();
      if (outcome === "over") break;
      blocked = outcome === "blocked" ? blocked + 1 : 0;
      if (blocked >= SOCKET_BLOCKED_TRIES_MAX) {
        enter({ kind: "none" });
        break;
      }
      failures = outcome === "served" ? 1 : failures + 1;
      // Somebody else runs with this runner's token: two that throw each other out must not do so all the time.
      const firstMs = outcome === "superseded" ? RETRY_MAX_MS : RETRY_FIRST_MS;
      const waitMs = backoffMs(failures, { firstMs, maxMs: RETRY_MAX_MS }, deps.random());
      await pause(deps.clock, waitMs, closed.signal);
    }
    for (const one of [...waiting.values()]) one.settle(withoutLink());
  }

  function withoutLink(): CallOutcome<never> {
    return state.kind === "refused"
      ? { kind: "refused", status: state.status, code: state.code, message: "the token is not accepted" }
      : { kind: "unreachable", detail: state.kind === "none" ? "the server has no socket" : "closed" };
  }

  function begin(): void {
    if (hasBegun) return;
    hasBegun = true;
    void keep();
  }

  return {
    begin,
    get state() {
      return state;
    },
    async request(type, fields, schema, signal = closed.signal) {
      begin();
      if (closed.signal.aborted || state.kind === "none" || state.kind === "refused") return withoutLink();
      const message = { type, id: ++lastId, ...fields } as unknown as Request;
      const outcome = await ask(message, true, signal);
      if (outcome.kind !== "ok") return outcome;
      const read = schema.safeParse(outcome.value);
      return read.success ? { kind: "ok", value: read.data } : {
        kind: "unreachable",
        detail: `unexpected answer at '${read.error.issues[0]?.path.join(".") ?? ""}'`,
      };
    },
    async settled(ms, signal) {
      begin();
      if (state.kind !== "connecting") return state;
      const { promise, resolve } = Promise.withResolvers<void>();
      const done = new AbortController();
      const check = () => {
        if (state.kind !== "connecting") resolve();
      };
      watchers.add(check);
      void pause(deps.clock, ms, AbortSignal.any([done.signal, signal, closed.signal])).then(resolve);
      await promise;
      watchers.delete(check);
      done.abort();
      return state;
    },
    close: () => closed.abort(),
  };
}

const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 429]);

/** The same statuses may be repeated as over HTTP (`http_call.ts`). */
function refusalOf(
  status: number,
  error: { readonly code: string; readonly message: string },
): CallOutcome<never> {
  return (status >= 500 && status !== 501) || RETRYABLE_STATUSES.has(status)
    ? { kind: "unreachable", detail: `status ${status}` }
    : { kind: "refused", status, code: error.code, message: error.message };
}
