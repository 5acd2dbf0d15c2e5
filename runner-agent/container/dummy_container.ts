/**
 * The `ContainerRuntime` of tests: nothing runs, the spec's environment is the script.
 *
 *   DUMMY_OUTPUT, DUMMY_STDERR   what it writes at once after the start
 *   DUMMY_DELAY_MS               how long it runs after that (default 0)
 *   DUMMY_EXIT_CODE              how it ends (default 0)
 *   DUMMY_OOM=1                  it is killed for memory instead: 137
 *   DUMMY_IGNORE_TERM=1          only KILL ends it early
 *   DUMMY_OUTPUT_AFTER           what it writes just before its end
 *
 *   DUMMY_START_FAULT            why its start fails
 *
 * What it is asked to run beside the command is told to `DummyWorld.onExec`, which plays the program. Images are names in
 * `DummyWorld.images`. It has no terminals.
 *
 * Containers live in a `DummyWorld`, so that a second driver on the same world stands for a restarted runner.
 */

import { EXIT_CODE_KILLED } from "../limits.ts";
import type {
  Clock,
  ContainerRecord,
  ContainerRuntime,
  ContainerSpec,
  ContainerState,
  DoctorLine,
  ExecRequest,
  ExecResult,
  ImageBuild,
  OutputStream,
  SandboxUsage,
  Terminal,
} from "../ports.ts";
import { UnsupportedByRuntimeError } from "./unsupported.ts";

/** The exit code of a command that TERM ended: 128 + 15. */
const EXIT_CODE_TERMINATED = 143;

type Life = { readonly kind: "created" } | { readonly kind: "running" } | {
  readonly kind: "exited";
  readonly exitCode: number;
  readonly wasKilledForMemory: boolean;
};

interface DummyContainerState {
  readonly spec: ContainerSpec;
  readonly instance: string;
  life: Life;
  starts: number;
  isPaused: boolean;
  startedAtMs: number | null;
  stoppedAtMs: number | null;
  startError: string | null;
  readonly written: { readonly stream: OutputStream; readonly bytes: Uint8Array }[];
  /** Ends the delay early. */
  readonly end: AbortController;
  /** Called when something was written or the life changed. */
  readonly watchers: Set<() => void>;
}

/** What outlives a driver: the containers, by id. */
export class DummyWorld {
  readonly containers = new Map<string, DummyContainerState>();
  /** Those that are there. */
  readonly images = new Set<string>();
  /** Plays a program; by default it writes nothing and ends with 0. */
  onExec: (containerId: string, request: ExecRequest) => Promise<ExecResult> = () =>
    Promise.resolve({ exitCode: 0, stdout: new Uint8Array(), stderr: new Uint8Array(), timedOut: false });

  /** How often the command of a run was started: more than once is a broken runner (R1). */
  startsOf(containerId: string): number {
    return this.containers.get(containerId)?.starts ?? 0;
  }
}

/** Options of the dummy. */
export interface DummyContainerOptions {
  readonly world: DummyWorld;
  readonly instance: string;
  readonly clock: Clock;
}

/** Plays the script of each spec. */
export class DummyContainer implements ContainerRuntime {
  readonly name = "dummy";
  readonly needsWatchdog = false;

  constructor(private readonly options: DummyContainerOptions) {}

  create(spec: ContainerSpec): Promise<{ readonly containerId: string }> {
    const { world, instance } = this.options;
    const containerId = `dummy-${spec.runId}`;
    const taken = world.containers.get(containerId);
    if (taken !== undefined && taken.instance !== instance) {
      return Promise.reject(
        new Error(`Cannot create container as its name must be free: ${containerId} is another runner's`),
      );
    }
    if (taken === undefined) {
      world.containers.set(containerId, {
        spec,
        instance,
        life: { kind: "created" },
        starts: 0,
        isPaused: false,
        startedAtMs: null,
        stoppedAtMs: null,
        startError: null,
        written: [],
        end: new AbortController(),
        watchers: new Set(),
      });
    }
    return Promise.resolve({ containerId });
  }

  start(containerId: string): Promise<void> {
    const container = this.#get(containerId, "start");
    if (container.life.kind === "created") {
      const fault = container.spec.env.DUMMY_START_FAULT;
      if (fault !== undefined) {
        container.startError = fault;
        return Promise.reject(new Error(`Cannot start container as the script forbids it: ${fault}`));
      }
      container.life = { kind: "running" };
      container.startedAtMs = this.options.clock.nowMs();
      container.starts++;
      play(container, this.options.clock);
    }
    return Promise.resolve();
  }

  async output(
    containerId: string,
    onBytes: (stream: OutputStream, bytes: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const container = this.#get(containerId, "read output");
    for (let next = 0; !signal.aborted;) {
      const isLast = container.life.kind === "exited";
      for (; next < container.written.length; next++) {
        onBytes(container.written[next]!.stream, container.written[next]!.bytes);
      }
      if (isLast) return;
      await changed(container, signal);
    }
  }

  async wait(
    containerId: string,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly wasKilledForMemory: boolean }> {
    const container = this.#get(containerId, "wait");
    for (;;) {
      signal.throwIfAborted();
      const { life } = container;
      if (life.kind === "exited") {
        return { exitCode: life.exitCode, wasKilledForMemory: life.wasKilledForMemory };
      }
      await changed(container, signal);
    }
  }

  usage(containerId: string): Promise<SandboxUsage | null> {
    const isRunning = this.options.world.containers.get(containerId)?.life.kind === "running";
    return Promise.resolve(
      isRunning ? { cpuMs: 1, memoryBytes: 1, readBytes: 0, writeBytes: 0, pids: 1 } : null,
    );
  }

  async stop(containerId: string, graceMs: number): Promise<void> {
    const container = this.options.world.containers.get(containerId);
    if (container?.life.kind !== "running") return;
    if (container.spec.env.DUMMY_IGNORE_TERM !== "1") {
      return finish(container, this.options.clock, EXIT_CODE_TERMINATED, false);
    }
    await this.options.clock.sleep(graceMs, container.end.signal).catch(() => null); // it ended by itself meanwhile
    finish(container, this.options.clock, EXIT_CODE_KILLED, false);
  }

  remove(containerId: string): Promise<void> {
    const container = this.options.world.containers.get(containerId);
    if (container !== undefined) {
      finish(container, this.options.clock, EXIT_CODE_KILLED, false);
      this.options.world.containers.delete(containerId);
    }
    return Promise.resolve();
  }

  list(): Promise<readonly ContainerRecord[]> {
    const own = [...this.options.world.containers].filter(([, container]) =>
      container.instance === this.options.instance
    );
    return Promise.resolve(own.map(([containerId, { spec, life }]) => ({
      containerId,
      runId: spec.runId,
      jobId: spec.jobId,
      state: life.kind,
      exitCode: life.kind === "exited" ? life.exitCode : null,
    })));
  }

  hostOwner(): Promise<{ readonly uid: number; readonly gid: number }> {
    return Promise.resolve({ uid: Deno.uid() ?? 0, gid: Deno.gid() ?? 0 });
  }

  doctor(): Promise<readonly DoctorLine[]> {
    return Promise.resolve([{ check: "dummy", isOk: true, detail: "nothing runs: for tests only" }]);
  }

  inspect(containerId: string): Promise<ContainerState | null> {
    const container = this.options.world.containers.get(containerId);
    if (container === undefined) return Promise.resolve(null);
    const { life, isPaused, startedAtMs, stoppedAtMs, startError } = container;
    const exitCode = life.kind === "exited" ? life.exitCode : null;
    const error = startError ??
      (exitCode === null || exitCode === 0 ? null : `the command ended with ${exitCode}`);
    const status = error !== null ? "error" : life.kind === "exited" ? "stopped" : life.kind;
    return Promise.resolve({ status, isPaused, exitCode, startedAtMs, stoppedAtMs, error, hostPid: null });
  }

  async exec(containerId: string, request: ExecRequest): Promise<ExecResult> {
    if (this.#get(containerId, "run a program").life.kind !== "running") {
      throw new Error(`Cannot run a program as the container must run: current value is ${containerId}`);
    }
    return await this.options.world.onExec(containerId, request);
  }

  openTerminal(): Promise<Terminal> {
    return Promise.reject(
      new UnsupportedByRuntimeError("Cannot open a terminal as something must run: the dummy runs nothing"),
    );
  }

  pause(containerId: string): Promise<void> {
    const container = this.#get(containerId, "pause");
    if (container.life.kind !== "running") {
      return Promise.reject(
        new Error(`Cannot pause as the container must run: current value is ${containerId}`),
      );
    }
    container.isPaused = true;
    return Promise.resolve();
  }

  unpause(containerId: string): Promise<void> {
    this.#get(containerId, "unpause").isPaused = false;
    return Promise.resolve();
  }

  hasImage(name: string): Promise<boolean> {
    return Promise.resolve(this.options.world.images.has(name));
  }

  imageId(name: string): Promise<string | null> {
    return Promise.resolve(this.options.world.images.has(name) ? `id of ${name}` : null);
  }

  pullImage(name: string, onProgress: (line: string) => void): Promise<void> {
    onProgress(`pulled ${name}`);
    this.options.world.images.add(name);
    return Promise.resolve();
  }

  buildImage(build: ImageBuild, onProgress: (line: string) => void): Promise<void> {
    onProgress(`built ${build.name}`);
    this.options.world.images.add(build.name);
    return Promise.resolve();
  }

  #get(containerId: string, action: string): DummyContainerState {
    const container = this.options.world.containers.get(containerId);
    if (container === undefined) {
      throw new Error(`Cannot ${action} as the container must exist: current value is ${containerId}`);
    }
    return container;
  }
}

function play(container: DummyContainerState, clock: Clock): void {
  const { env } = container.spec;
  write(container, "stdout", env.DUMMY_OUTPUT);
  write(container, "stderr", env.DUMMY_STDERR);
  const end = () => {
    if (container.life.kind !== "running") return;
    write(container, "stdout", env.DUMMY_OUTPUT_AFTER);
    const isOom = env.DUMMY_OOM === "1";
    finish(container, clock, isOom ? EXIT_CODE_KILLED : Number(env.DUMMY_EXIT_CODE ?? 0), isOom);
  };
  clock.sleep(Number(env.DUMMY_DELAY_MS ?? 0), container.end.signal).then(end, () => null); // only stop and remove abort it
}

function write(container: DummyContainerState, stream: OutputStream, text: string | undefined): void {
  if (text === undefined || text === "") return;
  container.written.push({ stream, bytes: new TextEncoder().encode(text) });
  notify(container);
}

function finish(
  container: DummyContainerState,
  clock: Clock,
  exitCode: number,
  wasKilledForMemory: boolean,
): void {
  if (container.life.kind === "exited") return;
  if (container.life.kind === "running") container.stoppedAtMs = clock.nowMs();
  container.life = { kind: "exited", exitCode, wasKilledForMemory };
  container.end.abort();
  notify(container);
}

function notify(container: DummyContainerState): void {
  for (const watcher of [...container.watchers]) watcher();
}

/** Resolves at the next change, or when `signal` aborts. */
function changed(container: DummyContainerState, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      container.watchers.delete(done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    container.watchers.add(done);
    signal.addEventListener("abort", done);
  });
}
