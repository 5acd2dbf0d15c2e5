/** Server-sent events as a model sends them: each in a chunk of its own, and over time where a step says so. */

import type { AnswerStep } from "./step.ts";

export interface StreamEvent {
  readonly event?: string;
  /** A string is sent as it is. */
  readonly data: unknown;
  /** How long to wait before it. */
  readonly afterMs?: number;
}

/** The pieces of a text in the order in which they come: all at once, or word by word over `streamMs`. */
export function piecesOf(
  step: AnswerStep,
  text: string,
): readonly { readonly text: string; readonly afterMs: number }[] {
  if (step.kind !== "text" || step.streamMs === undefined) return [{ text, afterMs: 0 }];
  const words = text.match(/\s*\S+\s*/g) ?? [text];
  const afterMs = Math.floor(step.streamMs / words.length);
  return words.map((word) => ({ text: word, afterMs }));
}

/** Ends early, without an error, when the CLI hangs up or `signal` aborts. */
export function eventStream(events: readonly StreamEvent[], signal: AbortSignal): Response {
  return new Response(ReadableStream.from(chunks(events, signal)), {
    headers: { "content-type": "text/event-stream" },
  });
}

async function* chunks(events: readonly StreamEvent[], signal: AbortSignal) {
  const encoder = new TextEncoder();
  for (const { event, data, afterMs } of events) {
    await wait(afterMs ?? 0, signal);
    if (signal.aborted) return;
    const name = event === undefined ? "" : `event: ${event}\n`;
    yield encoder.encode(`${name}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
  }
}

/** Resolves after the time, or at once when the signal aborts. */
export function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
