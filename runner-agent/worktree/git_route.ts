/**
 * Serves one bare repository over smart HTTP: an HTTP handler around `git http-backend` (CGI, RFC 3875).
 *
 * 1. Three paths below `prefix` exist: `info/refs`, `git-upload-pack`, `git-receive-pack`. Everything else is 404
 *    before a process starts.
 * 2. Bodies stream in both directions; nothing is held but the CGI header, which is bounded.
 * 3. The process and all that it started are killed when the client goes away, in either direction.
 * 4. The environment is made here; nothing of the runner's reaches git.
 */
import { basename, dirname } from "node:path";
import { CGI_HEADER_MAX_BYTES } from "../limits.ts";
import { type CgiHead, parseCgiHead } from "./cgi_head.ts";
import { killGroup } from "./git_command.ts";
import { configVariables } from "./git_environment.ts";

export interface GitRouteOptions {
  /** A bare repository whose configuration and hooks are ours. */
  readonly gitDir: string;
  /** Path of the URL under which it is mounted, e.g. `/git/project.git`. */
  readonly prefix: string;
}

const METHODS: Readonly<Record<string, string>> = {
  "/info/refs": "GET",
  "/git-upload-pack": "POST",
  "/git-receive-pack": "POST",
};

/**
 * Creates the handler. Fetch and push are both served; what a push may do is for the repository's hooks to say.
 *
 * @example
 * ```ts
 * const route = createGitRoute({ gitDir: "/data/runs/r1/gateway.git", prefix: "/git/project.git" });
 * Deno.serve({ path: "/run/hub.sock" }, route);
 * ```
 */
export function createGitRoute(options: GitRouteOptions): (request: Request) => Promise<Response> {
  return async function gitRoute(request) {
    const url = new URL(request.url);
    const path = url.pathname.startsWith(options.prefix) ? url.pathname.slice(options.prefix.length) : "";
    const method = METHODS[path];
    if (method === undefined) return new Response("not found\n", { status: 404 });
    if (request.method !== method) {
      return new Response("method not allowed\n", { status: 405, headers: { allow: method } });
    }
    return await runBackend(request, cgiEnvironment(options.gitDir, path, url, request));
  };
}

function cgiEnvironment(gitDir: string, path: string, url: URL, request: Request): Record<string, string> {
  const env: Record<string, string> = {
    PATH: Deno.env.get("PATH") ?? "/usr/local/bin:/usr/bin:/bin",
    LC_ALL: "C",
    HOME: "/nonexistent",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    ...configVariables({ "safe.directory": "*", "http.receivepack": "true", "http.uploadpack": "true" }),
    GIT_PROJECT_ROOT: dirname(gitDir),
    GIT_HTTP_EXPORT_ALL: "1",
    GATEWAY_INTERFACE: "CGI/1.1",
    PATH_INFO: `/${basename(gitDir)}${path}`,
    QUERY_STRING: url.search.slice(1),
    REQUEST_METHOD: request.method,
    REMOTE_USER: "agent",
    REMOTE_ADDR: "127.0.0.1",
    CONTENT_TYPE: request.headers.get("content-type") ?? "",
  };
  for (
    const [header, name] of [
      ["content-length", "CONTENT_LENGTH"],
      ["content-encoding", "HTTP_CONTENT_ENCODING"],
      ["git-protocol", "GIT_PROTOCOL"],
    ] as const
  ) {
    const value = request.headers.get(header);
    if (value !== null) env[name] = value;
  }
  return env;
}

/**
 * The head comes before git reads the body, so whoever goes away is seen by the failing body or by the cancelled
 * answer; `request.signal` is not used, as it also aborts when all went well.
 */
async function runBackend(request: Request, env: Record<string, string>): Promise<Response> {
  const child = new Deno.Command("git", {
    args: ["http-backend"],
    env,
    clearEnv: true,
    cwd: "/",
    detached: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let hasEnded = false;
  const stop = () => {
    if (!hasEnded) killGroup(child.pid);
  };
  const ended = child.status.then(() => {
    hasEnded = true;
  });
  const sent = sendBody(request.body, child.stdin, stop);

  const reader = child.stdout.getReader();
  const head = await readHead(reader);
  if (head === null) {
    stop();
    await Promise.all([reader.cancel(), ended, sent]);
    return new Response("git gave no answer\n", { status: 502 });
  }
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      if (head.rest.length > 0) controller.enqueue(head.rest);
    },
    async pull(controller) {
      const { value, done } = await reader.read();
      if (!done) return controller.enqueue(value);
      await Promise.all([ended, sent]);
      controller.close();
    },
    async cancel() {
      stop();
      await Promise.all([reader.cancel(), ended]);
    },
  });
  return new Response(body, { status: head.cgi.status, headers: head.cgi.headers });
}

/** Reads up to the empty line; null if the process ended before it or wrote too much. */
async function readHead(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): Promise<{ readonly cgi: CgiHead; readonly rest: Uint8Array } | null> {
  let bytes = new Uint8Array(0);
  while (bytes.length <= CGI_HEADER_MAX_BYTES) {
    const { value, done } = await reader.read();
    if (done) return null;
    const joined = new Uint8Array(bytes.length + value.length);
    joined.set(bytes);
    joined.set(value, bytes.length);
    bytes = joined;
    const cgi = parseCgiHead(bytes);
    if (cgi !== null) return { cgi, rest: bytes.subarray(cgi.bodyOffset) };
  }
  return null;
}

/**
 * Gives the request's body to the process. If the client breaks off, half a request must not be acted on, so
 * `stop` is called; if the process wants no more, its answer says why, and the rest is dropped.
 */
async function sendBody(
  body: ReadableStream<Uint8Array> | null,
  stdin: WritableStream<Uint8Array>,
  stop: () => void,
): Promise<void> {
  const writer = stdin.getWriter();
  let isOpen = true;
  const close = () => {
    isOpen = false;
  };
  try {
    for await (const bytes of body ?? []) {
      await writer.write(bytes).catch(close);
      if (!isOpen) return;
    }
  } catch {
    stop();
  }
  await writer.close().catch(close);
}
