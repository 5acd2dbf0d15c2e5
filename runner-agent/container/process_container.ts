/**
 * The `ContainerRuntime` that is none: a plain process of this user, started only when asked for by name. NOTHING is
 * isolated (no S2): for machines without Podman and for tests. Linux only (it reads /proc).
 *
 * A run is a directory, `stateDir/RUN_ID`, and survives the runner like a container does:
 *
 *   spec.json   what `create` was asked for, the path map and the ports
 *   boot        which life of this machine it was started in
 *   started     who runs it: pid and start time (written by supervise.sh, at most once)
 *   start_error why it could not be started
 *   stdout, stderr, exit
 *
 * - N1 State is read from the directory, never remembered. No `started`: created. `exit`: exited. Otherwise the
 *   process with that pid *and* that start time decides; when it is gone the run was killed from outside, or the machine
 *   was started again: exit 137.
 * - N2 The sandbox's paths and ports are rewritten (`host_paths.ts`); memory file systems become directories here.
 *   Limits are not applied.
 * - N3 When the command has ended, everything in its session is killed.
 */

import { EXIT_CODE_KILLED, OUTPUT_POLL_MAX_MS, OUTPUT_POLL_MIN_MS } from "../limits.ts";
import type {
  Clock,
  ContainerRecord,
  ContainerRuntime,
  ContainerSpec,
  ContainerState,
  DoctorLine,
  ExecRequest,
  ExecResult,
  OutputStream,
  SandboxUsage,
  Terminal,
} from "../ports.ts";
import { followFile } from "./follow_file.ts";
import { freePort } from "./free_port.ts";
import { type PathMap, toHostCommand } from "./host_paths.ts";
import { safeRunName } from "./run_name.ts";
import { sendSignal } from "./process_start.ts";
import { processExec } from "./process_exec.ts";
import { ignoreMissing, isSameProcess, readText, writtenAtMs } from "./process_files.ts";
import { sessionUsage } from "./session_usage.ts";
import { readBootId } from "./start_record.ts";
import { UnsupportedByRuntimeError } from "./unsupported.ts";

/** What the driver needs to know. */
export interface ProcessContainerOptions {
  /** Where runs are kept; must outlive the runner. */
  readonly stateDir: string;
  readonly instance: string;
  readonly clock: Clock;
  /** Told once, at construction, that nothing is isolated. */
  readonly warn: (line: string) => void;
}

interface StoredRun {
  readonly instance: string;
  readonly spec: ContainerSpec;
  readonly map: PathMap;
  readonly ports: Readonly<Record<number, number>>;
}

const HOME = "/home/agent";
const INIT_SCRIPT = new URL("./init.sh", import.meta.url).pathname;
const SUPERVISE_SCRIPT = new URL("./supervise.sh", import.meta.url).pathname;

/** Drives processes. */
export class ProcessContainer implements ContainerRuntime {
  readonly name = "process";
  /** Nothing is bounded here, as it says. */
  readonly needsWatchdog = false;

  constructor(private readonly options: ProcessContainerOptions) {
    options.warn(
      "the process driver isolates NOTHING: agents can read and change whatever this user can, and reach the network",
    );
  }

  async create(spec: ContainerSpec): Promise<{ readonly containerId: string }> {
    const dir = this.#dir(spec.runId);
    const stored = await readText(`${dir}/spec.json`);
    if (stored !== null) {
      if ((JSON.parse(stored) as StoredRun).instance === this.options.instance) {
        return { containerId: spec.runId };
      }
      throw new Error(`Cannot create the run as its name must be free: ${spec.runId} is another runner's`);
    }
    const standIns = ["/tmp", HOME, ...Object.keys(spec.tmpfs)].map((target) =>
      [target, `${dir}/tmpfs${target}`] as const
    );
    for (const [, path] of standIns) await Deno.mkdir(path, { recursive: true, mode: 0o700 });
    const mounts = spec.mounts.map((mount) => [mount.target, mount.source] as const);
    const run: StoredRun = {
      instance: this.options.instance,
      spec,
      map: Object.fromEntries([...standIns, ...mounts]),
      ports: Object.fromEntries(Object.keys(spec.forwards).map((port) => [port, freePort()])),
    };
    await Deno.writeTextFile(`${dir}/spec.json.tmp`, JSON.stringify(run), { mode: 0o600 });
    await Deno.rename(`${dir}/spec.json.tmp`, `${dir}/spec.json`);
    return { containerId: spec.runId };
  }

  async start(containerId: string): Promise<void> {
    const dir = this.#dir(containerId);
    const { spec, map, ports } = await this.#read(containerId, "start");
    if (await readText(`${dir}/started`) !== null) return;
    await Deno.writeTextFile(`${dir}/boot`, await readBootId());
    const command = toHostCommand(spec, map, ports);
    const failed = async (error: Error): Promise<never> => {
      await Deno.writeTextFile(`${dir}/start_error`, error.message);
      throw error;
    };
    // A directory that is missing would be blamed on the program.
    if (!(await Deno.stat(command.cwd).catch(() => null))?.isDirectory) {
      await failed(
        new Error(`Cannot start the run as its work directory must exist: ${spec.workDir} does not`),
      );
    }
    await Deno.remove(`${dir}/start_error`).catch(ignoreMissing);
    const child = new Deno.Command("/bin/sh", {
      args: [SUPERVISE_SCRIPT, dir, "/bin/sh", INIT_SCRIPT, ...command.forwards, "--", ...command.args],
      cwd: command.cwd,
      clearEnv: true,
      env: hostEnv(map, command.env),
      stdin: "null",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
    child.unref();
    let hasEnded = false;
    child.status.then(() => hasEnded = true);
    // `child` is written last: from then on `stop` knows whom to send TERM to.
    while (await readText(`${dir}/child`) === null) {
      if (hasEnded && await readText(`${dir}/started`) === null) {
        await failed(new Error(`Cannot start the run as supervise.sh must write ${dir}/started`));
      }
      if (hasEnded) return;
      await this.options.clock.sleep(OUTPUT_POLL_MIN_MS);
    }
  }

  async output(
    containerId: string,
    onBytes: (stream: OutputStream, bytes: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#read(containerId, "read output");
    const ended = this.wait(containerId, signal);
    await Promise.all(
      (["stdout", "stderr"] as const).map((stream) =>
        followFile(`${this.#dir(containerId)}/${stream}`, {
          onBytes: (bytes) => onBytes(stream, bytes),
          onReplaced: () => {},
          ended,
          signal,
          clock: this.options.clock,
        })
      ),
    );
  }

  async wait(
    containerId: string,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly wasKilledForMemory: boolean }> {
    await this.#read(containerId, "wait");
    for (let pollMs = OUTPUT_POLL_MIN_MS;; pollMs = Math.min(pollMs * 2, OUTPUT_POLL_MAX_MS)) {
      signal.throwIfAborted();
      const { state, exitCode } = await this.#state(containerId);
      if (state === "exited") return { exitCode: exitCode ?? EXIT_CODE_KILLED, wasKilledForMemory: false };
      await this.options.clock.sleep(pollMs, signal);
    }
  }

  async usage(containerId: string): Promise<SandboxUsage | null> {
    if ((await this.#state(containerId)).state !== "running") return null;
    return await sessionUsage(Number.parseInt(await readText(`${this.#dir(containerId)}/started`) ?? ""));
  }

  async stop(containerId: string, graceMs: number): Promise<void> {
    if ((await this.#state(containerId)).state !== "running") return;
    const child = Number(await readText(`${this.#dir(containerId)}/child`));
    if (child > 0) sendSignal(child, "SIGTERM");
    const untilMs = this.options.clock.nowMs() + graceMs;
    while ((await this.#state(containerId)).state === "running") {
      if (this.options.clock.nowMs() >= untilMs) return await this.#kill(containerId);
      await this.options.clock.sleep(OUTPUT_POLL_MIN_MS);
    }
  }

  async remove(containerId: string): Promise<void> {
    await this.#kill(containerId);
    await Deno.remove(this.#dir(containerId), { recursive: true }).catch(ignoreMissing);
  }

  async list(): Promise<readonly ContainerRecord[]> {
    const records: ContainerRecord[] = [];
    await Deno.mkdir(this.options.stateDir, { recursive: true });
    for await (const entry of Deno.readDir(this.options.stateDir)) {
      const text = await readText(`${this.#dir(entry.name)}/spec.json`);
      if (text === null) continue;
      const { instance, spec } = JSON.parse(text) as StoredRun;
      if (instance !== this.options.instance) continue;
      records.push({
        containerId: entry.name,
        runId: spec.runId,
        jobId: spec.jobId,
        ...await this.#state(entry.name),
      });
    }
    return records;
  }

  hostOwner(): Promise<{ readonly uid: number; readonly gid: number }> {
    return Promise.resolve({ uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0 });
  }

  doctor(): Promise<readonly DoctorLine[]> {
    return Promise.resolve([
      {
        check: "isolation",
        isOk: false,
        detail: "the process driver isolates nothing: use podman for work that you do not trust",
        disables: "network profiles, limits, shadows, and agents in a terminal",
      },
    ]);
  }

  async inspect(containerId: string): Promise<ContainerState | null> {
    const dir = this.#dir(containerId);
    if (await readText(`${dir}/spec.json`) === null) return null;
    const { state, exitCode } = await this.#state(containerId);
    const startError = state === "created" ? await readText(`${dir}/start_error`) : null;
    const ended = state !== "exited" || exitCode === 0 ? null : `the command ended with ${exitCode}`;
    const error = startError ?? ended;
    return {
      status: error !== null ? "error" : state === "exited" ? "stopped" : state,
      isPaused: false,
      exitCode,
      startedAtMs: await writtenAtMs(`${dir}/started`),
      stoppedAtMs: state === "exited" ? await writtenAtMs(`${dir}/exit`) : null,
      error,
      hostPid: state === "running" ? Number.parseInt(await readText(`${dir}/started`) ?? "") || null : null,
    };
  }

  async exec(containerId: string, request: ExecRequest): Promise<ExecResult> {
    const { spec, map, ports } = await this.#read(containerId, "run a program");
    if ((await this.#state(containerId)).state !== "running") {
      throw new Error(`Cannot run a program as the run must go on: current value is ${containerId}`);
    }
    const workDir = request.workDir ?? spec.workDir;
    const env = { ...spec.env, ...request.env };
    const command = toHostCommand({ ...spec, workDir, env, command: request.argv }, map, ports);
    return await processExec({ ...command, env: hostEnv(map, command.env) }, request, this.options.clock);
  }

  openTerminal(): Promise<Terminal> {
    return refuse("open a terminal", "the run must be in a container: a plain process has none to attach to");
  }

  pause(): Promise<void> {
    return refuse(
      "pause",
      "the run must be in a container: a plain process cannot be frozen with all that it began",
    );
  }

  unpause(): Promise<void> {
    return refuse("unpause", "the run must be in a container: a plain process cannot be frozen");
  }

  /** Whatever its name: this machine is the image. */
  hasImage(): Promise<boolean> {
    return Promise.resolve(true);
  }

  imageId(): Promise<string | null> {
    return Promise.resolve(null);
  }

  pullImage(): Promise<void> {
    return refuse(
      "pull an image",
      "the driver must have images: plain processes use this machine's programs",
    );
  }

  buildImage(): Promise<void> {
    return refuse(
      "build an image",
      "the driver must have images: plain processes use this machine's programs",
    );
  }

  #dir(containerId: string): string {
    return `${this.options.stateDir}/${safeRunName(containerId)}`;
  }

  async #read(containerId: string, action: string): Promise<StoredRun> {
    const text = await readText(`${this.#dir(containerId)}/spec.json`);
    if (text === null) {
      throw new Error(`Cannot ${action} as the run must exist: current value is ${containerId}`);
    }
    return JSON.parse(text);
  }

  /** N1. `exit` is read again after the process is found gone: it may have ended between the two looks. */
  async #state(containerId: string): Promise<Pick<ContainerRecord, "state" | "exitCode">> {
    const dir = this.#dir(containerId);
    const started = await readText(`${dir}/started`);
    if (started === null) return { state: "created", exitCode: null };
    const boot = await readText(`${dir}/boot`);
    const isSameBoot = boot === null || boot === await readBootId();
    const isAlive = isSameBoot && await readText(`${dir}/exit`) === null && await isSameProcess(started);
    if (isAlive) return { state: "running", exitCode: null };
    return { state: "exited", exitCode: Number(await readText(`${dir}/exit`) ?? EXIT_CODE_KILLED) };
  }

  /** Ends the whole session of a run that is still alive; its leader's pid is the group's. */
  async #kill(containerId: string): Promise<void> {
    const started = await readText(`${this.#dir(containerId)}/started`);
    if (started === null || !(await isSameProcess(started))) return;
    sendSignal(-Number.parseInt(started), "SIGKILL");
    while (await isSameProcess(started)) await this.options.clock.sleep(OUTPUT_POLL_MIN_MS);
  }
}

function hostEnv(map: PathMap, env: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    HOME: map[HOME]!,
    TMPDIR: map["/tmp"]!,
    ...env,
  };
}

function refuse(action: string, why: string): Promise<never> {
  return Promise.reject(new UnsupportedByRuntimeError(`Cannot ${action} as ${why}`));
}
