/** Stock `git http-backend` behind a small CGI server: what our repositories are measured against. */

export interface HttpBackend {
  /** The address below which the folder's repositories are served. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves the bare repositories in `folder`, for reading and writing. */
export function serveHttpBackend(folder: string): HttpBackend {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => run(folder, request),
  );
  return { url: `http://127.0.0.1:${server.addr.port}`, stop: () => server.shutdown() };
}

/** One request is one process, as CGI has it; bodies stream both ways. */
async function run(folder: string, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const header = (name: string) => request.headers.get(name) ?? "";
  const child = new Deno.Command("git", {
    args: ["http-backend"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    env: {
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: "1",
      REMOTE_USER: "bench",
      REQUEST_METHOD: request.method,
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: header("content-type"),
      CONTENT_LENGTH: header("content-length"),
      HTTP_CONTENT_ENCODING: header("content-encoding"),
      GIT_PROTOCOL: header("git-protocol"),
    },
  }).spawn();
  const sending = request.body === null ? child.stdin.close() : request.body.pipeTo(child.stdin);
  // A process that has read enough closes its end.
  sending.catch(() => {});
  const reader = child.stdout.getReader();
  let start = new Uint8Array(0);
  let end = -1;
  while (end < 0) {
    const { done, value } = await reader.read();
    if (done) return new Response("git http-backend said nothing\n", { status: 500 });
    start = new Uint8Array([...start, ...value]);
    end = indexOfEmptyLine(start);
  }
  const headers = new Headers();
  let status = 200;
  for (const line of new TextDecoder().decode(start.subarray(0, end)).split("\r\n")) {
    const [name = "", value = ""] = line.split(/: (.*)/);
    if (name === "Status") status = parseInt(value, 10);
    else headers.set(name, value);
  }
  const rest = start.subarray(end + 4);
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      if (rest.length > 0) controller.enqueue(rest);
    },
    async pull(controller) {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(body, { status, headers });
}

function indexOfEmptyLine(bytes: Uint8Array): number {
  for (let i = 0; i + 3 < bytes.length; i++) {
    if (bytes[i] === 13 && bytes[i + 1] === 10 && bytes[i + 2] === 13 && bytes[i + 3] === 10) return i;
  }
  return -1;
}
