/**
 * Who waits for work: long polls and server-sent event streams of one queue. In memory only: whoever is cut off
 * asks again (O4).
 */

/** Keep-alive of an event stream: proxies close a silent connection after 30 to 60 s. */
const KEEP_ALIVE_MS = 15_000;

export interface JobWaiters {
  /** Resolves when something changed, or after `waitMs`. */
  wait(runnerId: string, waitMs: number): Promise<void>;
  /** Wakes every waiter; each looks for itself. */
  wake(): void;
  /** Runners with an open wait right now. */
  live(): ReadonlySet<string>;
  /** An event stream that repeats `next` at each wake and sends a `job_available` for each job id it names. */
  stream(runnerId: string, next: () => readonly string[]): Response;
}

/** Makes the waiters of one queue. */
export function createJobWaiters(): JobWaiters {
  const waiting = new Set<{ readonly runnerId: string; readonly wake: () => void }>();
  return {
    wait: (runnerId, waitMs) =>
      new Promise((resolve) => {
        const done = () => {
          clearTimeout(timer);
          waiting.delete(entry);
          resolve();
        };
        const entry = { runnerId, wake: done };
        const timer = setTimeout(done, waitMs);
        waiting.add(entry);
      }),
    wake: () => {
      for (const entry of [...waiting]) entry.wake();
    },
    live: () => new Set([...waiting].map((entry) => entry.runnerId)),
    stream: (runnerId, next) => {
      const encoder = new TextEncoder();
      const told = new Set<string>();
      let stop = () => {};
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          const tell = () => {
            for (const jobId of next()) {
              if (told.has(jobId)) continue;
              told.add(jobId);
              controller.enqueue(
                encoder.encode(`event: job_available\ndata: ${JSON.stringify({ jobId })}\n\n`),
              );
            }
          };
          const entry = { runnerId, wake: tell };
          const timer = setInterval(
            () => controller.enqueue(encoder.encode(": keep-alive\n\n")),
            KEEP_ALIVE_MS,
          );
          stop = () => {
            clearInterval(timer);
            waiting.delete(entry);
          };
          waiting.add(entry);
          controller.enqueue(encoder.encode(": connected\n\n"));
          tell();
        },
        cancel: () => stop(),
      });
      return new Response(body, {
        headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
      });
    },
  };
}
