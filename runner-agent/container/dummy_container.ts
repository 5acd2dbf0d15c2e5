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
 * Containers live in a `DummyWorld`, so that a second driver on the same world stands for a restarted runner.
 */

import { EXIT_CODE_KILLED } from "../limits.ts";
import type {
  Clock,
  ContainerRecord,
  ContainerRuntime,
  ContainerSpec,
  DoctorLine,
  OutputStream,
  SandboxUsage,
} from "../ports.ts";

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
  readonly written: { readonly stream: OutputStream; readonly bytes: Uint8Array }[];
  /** Ends the delay early. */
  readonly end: AbortController;
  /** Called when something was written or the life changed. */
  readonly watchers: Set<() => void>;
}

/** What outlives a driver: the containers, by id. */
export class DummyWorld {
  readonly containers = new Map<string, DummyContainerState>();

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

  constructor(private readonly options: DummyContainerOptions) {}

  create(spec: ContainerSpec): Promise<{ readonly containerId: string }> {
    const { world, instance } = this.options;
    const containerId = `dummy-${spec.runId}`;
    if (!world.containers.has(containerId)) {
      world.containers.set(containerId, {
        spec,
        instance,
        life: { kind: "created" },
        starts: 0,
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
      container.life = { kind: "running" };
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
    if (container.spec.env.DUMMY_IGNORE_TERM !== "1") return finish(container, EXIT_CODE_TERMINATED, false);
    await this.options.clock.sleep(graceMs, container.end.signal).catch(() => null); // it ended by itself meanwhile
    finish(container, EXIT_CODE_KILLED, false);
  }

  remove(containerId: string): Promise<void> {
    const container = this.options.world.containers.get(containerId);
    if (container !== undefined) {
      finish(container, EXIT_CODE_KILLED, false);
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
    finish(container, isOom ? EXIT_CODE_KILLED : Number(env.DUMMY_EXIT_CODE ?? 0), isOom);
  };
  clock.sleep(Number(env.DUMMY_DELAY_MS ?? 0), container.end.signal).then(end, () => null); // only stop and remove abort it
}

function write(container: DummyContainerState, stream: OutputStream, text: string | undefined): void {
  if (text === undefined || text === "") return;
  container.written.push({ stream, bytes: new TextEncoder().encode(text) });
  notify(container);
}

function finish(container: DummyContainerState, exitCode: number, wasKilledForMemory: boolean): void {
  if (container.life.kind === "exited") return;
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
