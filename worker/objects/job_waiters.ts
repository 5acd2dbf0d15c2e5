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
      let told: ReadonlySet<string> = new Set();
      let stop = () => {};
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          const send = (text: string) => {
            try {
              controller.enqueue(encoder.encode(text));
            } catch {
              // The reader is gone and the stream closed; it must not be in the way of who wakes us.
              stop();
            }
          };
          const tell = () => {
            const jobIds = next();
            for (const jobId of jobIds) {
              if (!told.has(jobId)) send(`event: job_available\ndata: ${JSON.stringify({ jobId })}\n\n`);
            }
            // A job that left the queue and came back is told again.
            told = new Set(jobIds);
          };
          const entry = { runnerId, wake: tell };
          const timer = setInterval(() => send(": keep-alive\n\n"), KEEP_ALIVE_MS);
          stop = () => {
            clearInterval(timer);
            waiting.delete(entry);
          };
          waiting.add(entry);
          send(": connected\n\n");
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
