/** A door before an HTTP server at which single connections can be cut, as a network does: without an answer. */

export class TcpFront {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  /** By the port from which the door talks to the server. */
  readonly #open = new Map<number, readonly Deno.Conn[]>();

  constructor(readonly backendPort: number) {
    this.#accept();
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) this.#join(client);
  }

  async #join(client: Deno.Conn): Promise<void> {
    let backend: Deno.Conn;
    try {
      backend = await Deno.connect({ hostname: "127.0.0.1", port: this.backendPort });
    } catch {
      return client.close();
    }
    const { port } = backend.localAddr as Deno.NetAddr;
    this.#open.set(port, [client, backend]);
    // Either side may end at any time; then both do.
    await Promise.allSettled([
      client.readable.pipeTo(backend.writable),
      backend.readable.pipeTo(client.writable),
    ]);
    this.#open.delete(port);
  }

  /** Cuts the connection of a request by the port that the server saw it come from. */
  cut(remotePort: number): void {
    for (const conn of this.#open.get(remotePort) ?? []) close(conn);
    this.#open.delete(remotePort);
  }

  close(): void {
    this.#listener.close();
    for (const port of [...this.#open.keys()]) this.cut(port);
  }
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // The other side was faster.
  }
}
