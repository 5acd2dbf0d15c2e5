/**
 * The control plane of this machine: the Worker in workerd, with its state on disk, as a child that can be stopped,
 * crashed and started again on the same data.
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { endLeftovers, remember, STATE_VARIABLE } from "./leftovers.ts";
import { becomesFree } from "./ports.ts";
import { answers, type Child, startChild, waitUntilReady } from "./processes.ts";

const READY_MS = 60_000;
const PROBE_MS = 2_000;

export interface ControlPlaneOptions {
  readonly port: number;
  /** Objects and artifacts are kept here. */
  readonly dataDir: string;
  /** "" runs without a history. */
  readonly historyUrl: string;
  readonly historyAuthToken?: string;
  readonly adminToken: string;
  /** Further variables of the Worker, such as `SHOPFLOOR_CLOCK`. */
  readonly variables?: Readonly<Record<string, string>>;
  /** How long to wait for the port of one that was just killed; absent: some seconds. */
  readonly portWithinMs?: number;
  /** Default: this repository's wrangler.toml. */
  readonly configPath?: string;
}

export interface ControlPlane {
  readonly url: string;
  /** The process group. */
  readonly pid: number;
  readonly logPath: string;
  /** Resolves when it is down, for whatever reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
  /** SIGKILL to the host and workerd: a crash. Call `startControlPlane` again with the same options to go on. */
  kill9(): Promise<void>;
}

/** Starts the Worker and resolves when `GET /healthz` answers 200. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const dataDir = resolve(options.dataDir);
  await Deno.mkdir(dataDir, { recursive: true });
  const statePath = join(dataDir, "control_plane.json");
  await endLeftovers("the control plane", statePath);
  if (!(await becomesFree(options.port, options.portWithinMs))) {
    throw new Error(
      `Cannot start the control plane as port ${options.port} must be free: another program listens there. ` +
        "Give another with --port",
    );
  }
  const logPath = join(dataDir, "control_plane.log");
  const child: Child = startChild({
    name: "the control plane",
    argv: [
      Deno.execPath(),
      "run",
      "-A",
      "--no-prompt",
      `--config=${fileURLToPath(new URL("../../deno.json", import.meta.url))}`,
      fileURLToPath(new URL("control_plane_main.ts", import.meta.url)),
      String(options.port),
      dataDir,
      resolve(options.configPath ?? fileURLToPath(new URL("../../wrangler.toml", import.meta.url))),
    ],
    env: {
      ...options.variables,
      SHOPFLOOR_ADMIN_TOKEN: options.adminToken,
      HISTORY_URL: options.historyUrl,
      ...(options.historyAuthToken === undefined ? {} : { HISTORY_AUTH_TOKEN: options.historyAuthToken }),
      [STATE_VARIABLE]: statePath,
      NO_COLOR: "1",
      // Nothing is asked of, or told to, Cloudflare by a local run.
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      WRANGLER_SEND_METRICS: "false",
    },
    logPath,
  });
  await remember(statePath, { pid: child.pid, port: options.port });
  const url = `http://127.0.0.1:${options.port}`;
  await waitUntilReady(child, { deadlineMs: READY_MS, isReady: () => answers(`${url}/healthz`, PROBE_MS) });
  return {
    url,
    pid: child.pid,
    logPath,
    ended: child.ended,
    stop: () => child.stop(),
    kill9: () => child.kill9(),
  };
}
