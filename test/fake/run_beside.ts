/**
 * A command and its services as in a sandbox, on this machine and with short times: `init.sh` and `run_services` for real.
 *
 * 1. Each call has a directory of its own, gone at the end; every process that it starts has `DIR` set to it.
 * 2. What takes too long fails the one call, with what was still alive; so does what outlives `init.sh`.
 */
import { join } from "node:path";
import type { ServiceSpec } from "../../runner-agent/agent_ports.ts";
import { writeServiceFiles } from "../../runner-agent/sidecar/service_files.ts";

export const INIT = new URL("../../runner-agent/container/init.sh", import.meta.url).pathname;
const BIN = new URL("../../runner-agent/container/run_bin", import.meta.url).pathname;
const SHORT = {
  SHOPFLOOR_SERVICE_POLL_S: "0.02",
  SHOPFLOOR_SERVICE_BACKOFFS_S: "0.02 0.05 0.1",
  SHOPFLOOR_SERVICE_LIVENESS_S: "0.05",
  // Who hears TERM is never killed here, however busy the machine is.
  SHOPFLOOR_SERVICE_STOP_CS: "3000",
  SHOPFLOOR_SERVICE_COMMAND_GRACE_CS: "3000",
};
/** Only for what hangs: a busy machine takes its time. */
const END_MS = 60_000;
/** What was told to end, or ends by itself, is given this long after `init.sh`: a sleep of the watcher, a line to the hub. */
const GONE_MS = 10_000;

export interface Ended {
  readonly code: number;
  readonly stderr: string;
  readonly stdout: string;
  /** A file of the directory as it was at the end; "" when there is none. */
  read(name: string): string;
}

/** Runs `script` beside the services as PID 1 would; `$DIR` is a directory that all share. */
export async function runBeside(
  services: readonly Partial<ServiceSpec>[],
  script: string,
  act: (dir: string, child: Deno.ChildProcess) => Promise<void> = () => Promise.resolve(),
  env: Record<string, string> = {},
  forwards: readonly string[] = [],
): Promise<Ended> {
  const dir = await Deno.makeTempDir({ prefix: "shopfloor_services_" });
  try {
    const specs = services.map((one, n): ServiceSpec => ({
      name: `s${n}`,
      command: ["sleep", "100"],
      restart: "never",
      env: {},
      readyCheck: null,
      isRequired: false,
      ...one,
    }));
    await writeServiceFiles(join(dir, "services"), specs);
    const child = new Deno.Command("/bin/sh", {
      args: [INIT, ...forwards, "--", "sh", "-c", script],
      env: {
        DIR: dir,
        SHOPFLOOR_BIN_DIR: BIN,
        SHOPFLOOR_SERVICES_DIR: join(dir, "services"),
        SHOPFLOOR_SERVICES_STATE: join(dir, "state"),
        // Nobody serves there.
        SHOPFLOOR_HUB: "127.0.0.1:9",
        ...SHORT,
        ...env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.output();
    const over = Promise.all([output, act(dir, child)]);
    const { code, stdout, stderr } = await Promise.race([over.then(([ended]) => ended), overdue(dir, over)]);
    await untilGone(dir);
    const files = readFiles(dir);
    const decoder = new TextDecoder();
    return {
      code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
      read: (name) => files.get(name) ?? "",
    };
  } finally {
    killAll(dir);
    await Deno.remove(dir, { recursive: true });
  }
}

/** Rejects after `END_MS`, with what is alive; never resolves, and holds nothing once `over` is settled. */
function overdue(dir: string, over: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(stillAlive("it has not ended", dir)), END_MS);
    const clear = () => clearTimeout(timer);
    over.then(clear, clear);
  });
}

async function untilGone(dir: string): Promise<void> {
  const untilMs = performance.now() + GONE_MS;
  while (processesOf(dir).length > 0) {
    if (performance.now() > untilMs) throw stillAlive("it left something behind", dir);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function stillAlive(what: string, dir: string): Error {
  return new Error(
    `${what}; alive: ${processesOf(dir).map((one) => `${one.pid} ${one.command}`).join("; ")}`,
  );
}

/** Zombies have no environment, so they do not count. */
function processesOf(dir: string): { readonly pid: number; readonly command: string }[] {
  return [...Deno.readDirSync("/proc")].filter(({ name }) =>
    /^\d+$/.test(name) && readOrNothing(`/proc/${name}/environ`).split("\0").includes(`DIR=${dir}`)
  ).map(({ name }) => ({
    pid: Number(name),
    command: readOrNothing(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim(),
  }));
}

/** "" for a process that is gone by now, or is another user's. */
function readOrNothing(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

function killAll(dir: string): void {
  for (let left = processesOf(dir); left.length > 0; left = processesOf(dir)) {
    for (const { pid } of left) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }
}

function readFiles(dir: string, under = ""): Map<string, string> {
  const files = new Map<string, string>();
  for (const { name, isDirectory, isFile } of Deno.readDirSync(join(dir, under))) {
    const path = join(under, name);
    if (isDirectory) { for (const [inner, text] of readFiles(dir, path)) files.set(inner, text); }
    else if (isFile) files.set(path, Deno.readTextFileSync(join(dir, path)));
  }
  return files;
}
