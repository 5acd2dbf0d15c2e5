/**
 * When the agent of a run was last seen to do something beside its output: a word to its model, or to a tool of ours.
 *
 * 1. Who waits for an answer is not silent: a model may think for minutes before its first word. It counts until
 *    {@link ANSWER_AWAITED_MAX_MS} after the last sign of that answer, so that one that never comes does not hold a
 *    station to its maximum.
 * 2. Who waits for a person is never idle, however long that takes.
 */
import { ANSWER_AWAITED_MAX_MS } from "../limits.ts";

export interface RunActivity {
  lastAtMs(): number;
  /** Something is being answered from now on. */
  begin(): AwaitedAnswer;
  /** A person is waited for from now on. @returns Ends it. */
  awaitPerson(): () => void;
}

/** One answer under way. */
export interface AwaitedAnswer {
  /** A sign of it. */
  note(): void;
  /** Nothing more comes of it. */
  end(): void;
}

export function createRunActivity(nowMs: () => number): RunActivity {
  let lastAtMs = nowMs();
  /** When each answer under way gave its last sign. */
  const awaited = new Map<AwaitedAnswer, number>();
  const people = new Set<() => void>();
  return {
    lastAtMs() {
      // Invariant 2.
      if (people.size > 0) return nowMs();
      const signs = [...awaited.values()].map((atMs) => Math.min(nowMs(), atMs + ANSWER_AWAITED_MAX_MS));
      return Math.max(lastAtMs, ...signs);
    },
    begin() {
      const one: AwaitedAnswer = {
        note() {
          lastAtMs = nowMs();
          if (awaited.has(one)) awaited.set(one, lastAtMs);
        },
        end() {
          if (awaited.delete(one)) lastAtMs = nowMs();
        },
      };
      lastAtMs = nowMs();
      awaited.set(one, lastAtMs);
      return one;
    },
    awaitPerson() {
      const end = () => {
        if (people.delete(end)) lastAtMs = nowMs();
      };
      people.add(end);
      return end;
    },
  };
}

/** Counts each request from its coming to the end of its answer. */
export function withActivity(
  handle: (request: Request) => Response | Promise<Response>,
  activity: RunActivity,
): (request: Request) => Promise<Response> {
  return async function counted(request) {
    const awaited = activity.begin();
    let answer: Response;
    try {
      answer = await handle(request);
    } catch (error) {
      awaited.end();
      throw error;
    }
    if (answer.body === null) {
      awaited.end();
      return answer;
    }
    awaited.note();
    return new Response(watched(answer.body, awaited), answer);
  };
}

function watched(body: ReadableStream<Uint8Array>, awaited: AwaitedAnswer): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          awaited.end();
          controller.close();
        } else {
          awaited.note();
          controller.enqueue(value);
        }
      } catch (error) {
        awaited.end();
        throw error;
      }
    },
    cancel(reason) {
      awaited.end();
      return reader.cancel(reason);
    },
  });
}
