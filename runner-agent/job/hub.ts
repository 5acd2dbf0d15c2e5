/**
 * The hub: what one sandbox may reach, as an HTTP server on a unix socket of its own. A loopback forwarder inside
 * leads to it; there is no other way out (S2).
 *
 * 1. One hub serves one run: who asks is known by the socket.
 * 2. A path is normalised once, and matched and forwarded in that form.
 * 3. What no route takes is 404; what a route throws is 502 without its reason.
 * 4. A sandbox may take every file that this process can open: then its server ends, and begins anew until the hub is
 *    closed. It never ends the runner.
 * 5. Requests beyond {@link HUB_REQUESTS_MAX} are refused with 503 and reach no route. One is under way until its answer
 *    is sent, also when its client has given up: till then it has what it opened.
 */
import { pause } from "../control/retry.ts";
import { HUB_AGAIN_MS, HUB_PORT, HUB_REQUESTS_MAX } from "../limits.ts";
import { type RunDirs } from "./run_dirs.ts";
import { systemClock } from "./system_clock.ts";

/** One part of what the hub serves. */
export interface HubRoute {
  /** A path prefix that ends with a slash, or a whole path. */
  readonly path: string;
  readonly handle: (request: Request) => Response | Promise<Response>;
}

export interface Hub {
  close(): Promise<void>;
}

/** Where the sandbox reaches the hub. */
export const HUB_URL = `http://127.0.0.1:${HUB_PORT}`;

/** Everybody inside may connect; outside, the directory above lets nobody through but this user. */
const SOCKET_MODE = 0o666;

/** Makes the socket anew (a dead runner's is in the way) and serves. */
export async function startHub(
  dirs: Pick<RunDirs, "hub" | "hubSocket">,
  routes: readonly HubRoute[],
  onFault: (faultName: string) => void,
): Promise<Hub> {
  return await serveSocket(dirs.hubSocket, (closed) => createHubHandler(routes, onFault, closed));
}

/** Serves HTTP on a unix socket that everybody inside may use. */
export async function serveSocket(
  path: string,
  createHandler: (closed: AbortSignal) => (request: Request) => Response | Promise<Response>,
): Promise<Hub> {
  const ended = new AbortController();
  const handler = bounded(createHandler(ended.signal));

  /** Resolves once it serves, with how to wait for its end; never rejects after that (invariant 4). */
  async function serve(): Promise<{ readonly over: Promise<void> }> {
    await removeSocket(path);
    const server = Deno.serve({ path, signal: ended.signal, onListen: () => {} }, handler);
    const over = server.finished.catch(() => {});
    await openToAll(path);
    return { over };
  }

  const first = await serve();
  const serving = (async () => {
    await first.over;
    while (!ended.signal.aborted) {
      await pause(systemClock, HUB_AGAIN_MS, ended.signal);
      if (ended.signal.aborted) return;
      try {
        await (await serve()).over;
      } catch {
        // Still nothing to open it with.
      }
    }
  })();
  return {
    // What is under way belongs to a sandbox that has ended: it is cut, not waited for.
    async close() {
      ended.abort();
      await serving;
    },
  };
}

/** Lets so many requests through at a time (invariant 5). */
function bounded(handler: (request: Request) => Response | Promise<Response>): Deno.ServeHandler {
  let underWay = 0;
  return (request, info) => {
    if (underWay >= HUB_REQUESTS_MAX) {
      const busy = refusal(
        503,
        "too_many_requests",
        `Cannot take this request as at most ${HUB_REQUESTS_MAX} of a sandbox may be under way: wait for one to end`,
      );
      busy.headers.set("retry-after", "1");
      return busy;
    }
    underWay++;
    const ended = () => void underWay--;
    info.completed.then(ended, ended);
    return handler(request);
  };
}

export async function removeSocket(path: string): Promise<void> {
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

export async function openToAll(path: string): Promise<void> {
  await Deno.chmod(path, SOCKET_MODE);
}

/**
 * The handler alone.
 *
 * @param closed Cuts what is under way. That a client went away is told by the streams: its body breaks off, and the
 * answer's body is cancelled.
 */
export function createHubHandler(
  routes: readonly HubRoute[],
  onFault: (faultName: string) => void,
  closed: AbortSignal,
): (request: Request) => Promise<Response> {
  return async function hub(request) {
    // An agent may send any host: with some there is no URL.
    const asked = URL.parse(request.url);
    if (asked === null) return refusal(400, "invalid_request", "This request names no place that could be");
    // The unix scheme has other rules for paths; HTTP's are the ones that routes and upstreams go by (invariant 2).
    const url = new URL(HUB_URL + asked.pathname + asked.search);
    const route = routes.find((one) =>
      one.path.endsWith("/") ? url.pathname.startsWith(one.path) : url.pathname === one.path
    );
    if (route === undefined) return refusal(404, "not_found", `Nothing is served at '${url.pathname}'`);
    try {
      const { method, headers, body } = request;
      return await route.handle(new Request(url, { method, headers, body, signal: closed }));
    } catch (error) {
      onFault(error instanceof Error ? error.name : "unknown error");
      return refusal(502, "upstream_failed", "The runner could not get an answer");
    }
  };
}

/** The one JSON shape of a refusal. */
export function refusal(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message } }, { status });
}
