/** Server-sent events as they come, one after the other. */

export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** An open stream; `next` gives null when nothing came in time. */
export class EventStream implements AsyncDisposable {
  readonly #events: ServerEvent[] = [];
  #arrived: () => void = () => {};
  readonly #reading: Promise<void>;

  private constructor(readonly response: Response, readonly abort: AbortController) {
    this.#reading = this.#read();
  }

  static async open(url: string, token: string): Promise<EventStream> {
    const abort = new AbortController();
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, accept: "text/event-stream" },
      signal: abort.signal,
    });
    return new EventStream(response, abort);
  }

  async #read(): Promise<void> {
    let text = "";
    try {
      for await (const piece of this.response.body!.pipeThrough(new TextDecoderStream())) {
        text = (text + piece).replaceAll("\r\n", "\n");
        const blocks = text.split("\n\n");
        text = blocks.pop()!;
        for (const block of blocks) this.#take(block);
      }
    } catch {
      // The stream was cut, by us or by the server: what came before is what there is.
    }
  }

  #take(block: string): void {
    const fields = block.split("\n").map((line) => /^([^:]*): ?(.*)$/.exec(line)).filter((m) => m !== null);
    const data = fields.filter((m) => m[1] === "data").map((m) => m[2]!);
    if (data.length === 0) return;
    this.#events.push({
      name: fields.find((m) => m[1] === "event")?.[2] ?? "message",
      data: data.join("\n"),
    });
    this.#arrived();
  }

  async next(withinMs: number): Promise<ServerEvent | null> {
    if (this.#events.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#arrived = resolve;
      const timer = setTimeout(resolve, withinMs);
      await promise;
      clearTimeout(timer);
    }
    return this.#events.shift() ?? null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort.abort();
    await this.#reading;
  }
}
