/**
 * The event stream of a queue (Line 3, row 6): `job_available` whenever there may be work. The stream is kept open,
 * with growing waits after failures; what it says is a hint to poll, and nothing is lost when it is down.
 */
import { backoffMs } from "../domain/backoff.ts";
import { EVENT_MAX_CHARS, EVENT_SILENT_MAX_MS, RETRY_FIRST_MS, RETRY_MAX_MS } from "../limits.ts";
import type { Clock } from "../ports.ts";
import { pause } from "./retry.ts";

export interface EventStreamDeps {
  readonly url: string;
  readonly token: string;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface EventStream {
  readonly isOpen: boolean;
  /**
   * True at the next `job_available`, at once if one came since the last call. False after `ms`, and as soon as there is
   * no stream to wait on.
   */
  next(ms: number, signal: AbortSignal): Promise<boolean>;
  close(): void;
}

/** Connects when it is first waited on, and again until it is closed or the server says that it has no such stream. */
export function createEventStream(deps: EventStreamDeps): EventStream {
  const closed = new AbortController();
  const watchers = new Set<() => void>();
  let hasNews = false;
  /** `down`: it was open, or did not open; it is tried again. */
  let state: "connecting" | "open" | "down" | "never" = "connecting";

  function announce(): void {
    for (const watcher of [...watchers]) watcher();
  }

  function onEvent(name: string): void {
    if (name !== "job_available") return;
    hasNews = true;
    announce();
  }

  /** How one connection went; `never`: there is no stream. */
  async function live(): Promise<"served" | "failed" | "never"> {
    const silent = new AbortController();
    const signal = AbortSignal.any([closed.signal, silent.signal]);
    let outcome: "served" | "failed" = "failed";
    try {
      const response = await fetch(deps.url, {
        headers: { accept: "text/event-stream", authorization: `Bearer ${deps.token}` },
        redirect: "error",
        signal,
      });
      const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
      if (!response.ok || !isStream || response.body === null) {
        await response.body?.cancel();
        return response.status < 500 || response.status === 501 ? "never" : "failed";
      }
      state = "open";
      outcome = "served";
      await readEvents(response.body, silent);
    } catch {
      // Broken off, silent or closed: the loop below decides.
    }
    return outcome;
  }

  async function readEvents(body: ReadableStream<Uint8Array>, silent: AbortController): Promise<void> {
    const parse = createEventParser(onEvent);
    const decoder = new TextDecoder();
    let timer = new AbortController();
    const watch = () => {
      timer.abort();
      timer = new AbortController();
      const { signal } = timer;
      void pause(deps.clock, EVENT_SILENT_MAX_MS, signal).then(() => {
        if (!signal.aborted) silent.abort();
      });
    };
    watch();
    try {
      for await (const bytes of body) {
        watch();
        parse(decoder.decode(bytes, { stream: true }));
      }
    } finally {
      timer.abort();
    }
  }

  let hasBegun = false;
  async function keep(): Promise<void> {
    for (let failures = 0; !closed.signal.aborted;) {
      const outcome = await live();
      state = outcome === "never" ? "never" : "down";
      announce();
      if (outcome === "never") break;
      failures = outcome === "served" ? 1 : failures + 1;
      const waitMs = backoffMs(failures, { firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS }, deps.random());
      await pause(deps.clock, waitMs, closed.signal);
    }
  }

  return {
    get isOpen() {
      return state === "open";
    },
    async next(ms, signal) {
      if (!hasBegun) void keep();
      hasBegun = true;
      if (!hasNews && (state === "open" || state === "connecting")) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const done = new AbortController();
        watchers.add(resolve);
        void pause(deps.clock, ms, AbortSignal.any([done.signal, signal, closed.signal])).then(resolve);
        await promise;
        watchers.delete(resolve);
        done.abort();
      }
      const had = hasNews;
      hasNews = false;
      return had;
    },
    close: () => closed.abort(),
  };
}

/** Reads the text of a stream piece by piece and calls back with the name of each event that has data. */
export function createEventParser(onEvent: (name: string) => void): (text: string) => void {
  let rest = "";
  let name = "";
  let hasData = false;
  return (text) => {
    rest += text;
    // A line may end with CR, LF or both; a CR at the end of a piece may have its LF in the next one.
    const isCut = rest.endsWith("\r");
    const lines = (isCut ? rest.slice(0, -1) : rest).split(/\r\n|\r|\n/);
    rest = lines.pop()! + (isCut ? "\r" : "");
    if (rest.length > EVENT_MAX_CHARS) throw new RangeError("Cannot read events as a line is too long");
    for (const line of lines) {
      if (line === "") {
        if (hasData) onEvent(name === "" ? "message" : name);
        name = "";
        hasData = false;
      } else if (line.startsWith("event:")) name = line.slice("event:".length).trim();
      else if (line.startsWith("data:")) hasData = true;
    }
  };
}
