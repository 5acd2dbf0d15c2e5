/** A receiver of webhooks on this machine, which answers as it is told: well, badly, elsewhere, slowly or without end. */
export interface Heard {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly path: string;
}

/** What a receiver does with the next request; `hang` answers nothing, `flood` never stops. */
export type Behaviour =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | "hang"
  | "flood";

export interface WebhookReceiver extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  readonly host: string;
  readonly heard: readonly Heard[];
  /** What it does from now on. */
  behave(behaviour: Behaviour): void;
  /** Waits until it has heard so many; rejects after some seconds. */
  until(count: number): Promise<readonly Heard[]>;
}

const PATIENCE_MS = 10_000;

export function startWebhookReceiver(): WebhookReceiver {
  const heard: Heard[] = [];
  let behaviour: Behaviour = { status: 204 };
  let wake = () => {};
  const ended = new AbortController();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    onError: () => new Response(null, { status: 500 }),
  }, async (request) => {
    heard.push({
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
      path: new URL(request.url).pathname,
    });
    wake();
    const now = behaviour;
    if (now === "hang") {
      await new Promise<void>((resolve) => {
        request.signal.addEventListener("abort", () => resolve(), { once: true });
        ended.signal.addEventListener("abort", () => resolve(), { once: true });
      });
      return new Response();
    }
    if (now === "flood") return new Response(flood(ended.signal), { status: 500 });
    return new Response(now.body ?? null, { status: now.status, headers: now.headers });
  });
  const { port } = server.addr;
  return {
    origin: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    heard,
    behave: (next) => void (behaviour = next),
    until: async (count) => {
      const deadline = AbortSignal.timeout(PATIENCE_MS);
      while (heard.length < count) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          deadline.addEventListener("abort", () => reject(new Error(`heard ${heard.length} of ${count}`)), {
            once: true,
          });
        });
      }
      return heard;
    },
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await server.shutdown();
    },
  };
}

function flood(until: AbortSignal): ReadableStream<Uint8Array> {
  const piece = new TextEncoder().encode("x".repeat(64 * 1024));
  return new ReadableStream({
    pull: (controller) => until.aborted ? controller.close() : controller.enqueue(piece),
  });
}
