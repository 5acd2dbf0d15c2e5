/** Open streams of server-sent events. */

const HEAD = { "content-type": "text/event-stream", "cache-control": "no-store" };
const encoder = new TextEncoder();

export class EventStreams {
  readonly #open = new Set<ReadableStreamDefaultController<Uint8Array>>();

  open(): Response {
    let mine: ReadableStreamDefaultController<Uint8Array>;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        mine = controller;
        this.#open.add(controller);
        controller.enqueue(encoder.encode(": hello\n\n"));
      },
      cancel: () => void this.#open.delete(mine),
    });
    return new Response(stream, { headers: HEAD });
  }

  /** One event for all who listen. */
  tell(name: string, data: unknown): void {
    const event = encoder.encode(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    for (const stream of this.#open) stream.enqueue(event);
  }

  close(): void {
    for (const stream of this.#open) {
      try {
        stream.close();
      } catch {
        // Its reader has left.
      }
    }
  }
}
