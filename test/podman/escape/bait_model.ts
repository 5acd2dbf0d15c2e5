/** A model's provider that tempts: it redirects, repeats the key, and notes each request that it should never have had. */
export interface BaitModel extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Requests outside of the base path, for people. */
  readonly faults: string[];
}

/** @param elsewhere A port of the host to which nothing may lead. */
export function startBaitModel(key: string, elsewhere: string): BaitModel {
  const faults: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith("/base/")) faults.push(`the model's provider was asked for ${pathname}`);
    if (pathname.endsWith("/redirect")) {
      return new Response(null, { status: 302, headers: { location: `http://127.0.0.1:${elsewhere}/` } });
    }
    return new Response(`key ${request.headers.get("x-api-key")} of ${key}`, {
      headers: { "x-key": key, "content-type": "text/plain" },
    });
  });
  const { port } = server.addr;
  return {
    url: `http://127.0.0.1:${port}/base`,
    port,
    faults,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
