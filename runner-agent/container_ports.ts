/**
 * The port of the sandboxes (Runtime 1.2, 2.1): what a container is asked for, and what a driver must do. Its rules are those
 * of `ports.ts`, from which everything here is imported.
 *
 * `docs/kubernetes.md` says what each operation and field would be there.
 */

/** A directory or file of the host shown inside the container. */
export interface ContainerMount {
  readonly source: string;
  readonly target: string;
  readonly isReadOnly: boolean;
}

export interface ContainerLimits {
  readonly memoryBytes: number;
  readonly pids: number;
  /** 1.5 means one and a half cores. */
  readonly cpus: number;
  /** Of one file that it writes: its share of the disk, which no file can be larger than. Absent: what is built in. */
  readonly fileBytes?: number;
}

/**
 * What a sandbox may reach. `sealed`: the runner's hub by its socket, nothing else. `proxy_only`: also the egress proxy's
 * socket. `open`: a bridge to the host's network, only where the runner's configuration allows it by name.
 */
export type NetworkProfile = "sealed" | "proxy_only" | "open";

/** Everything that the sandbox of one run is; the driver adds the hardening that is not negotiable. */
export interface ContainerSpec {
  readonly runId: string;
  readonly jobId: string;
  readonly attempt: number;
  /** Local image name with tag. Ignored by the process driver. */
  readonly image: string;
  /** argv of the command under the driver's init; argv[0] is looked up in PATH of the image. */
  readonly command: readonly string[];
  /** Never holds a real credential (S1). */
  readonly env: Readonly<Record<string, string>>;
  readonly workDir: string;
  readonly mounts: readonly ContainerMount[];
  readonly limits: ContainerLimits;
  /** Writable memory file systems, target -> bytes. `/tmp` and the home are always among them. */
  readonly tmpfs: Readonly<Record<string, number>>;
  /**
   * Loopback forwarders inside the sandbox: port on 127.0.0.1 -> path of a unix socket inside the container. This
   * is the only way out, unless the profile is `open` (S2).
   */
  readonly forwards: Readonly<Record<number, string>>;
  readonly networkProfile: NetworkProfile;
  /**
   * Absolute paths inside, below a mount, whose content is hidden: an empty read-only memory file system lies on each that
   * exists when the container is created. What does not exist is skipped: no directory is ever made in the user's files.
   */
  readonly shadows: readonly string[];
}

/**
 * What a container is at one moment (Runtime 1.2). `stopped`: the command ended with 0. `error`: it ended otherwise, or the
 * container could not be started; then `exitCode` is null and `error` says why.
 */
export interface ContainerState {
  readonly status: "created" | "running" | "stopped" | "error";
  /** Frozen by `pause`; its status is still `running`. */
  readonly isPaused: boolean;
  readonly exitCode: number | null;
  readonly startedAtMs: number | null;
  readonly stoppedAtMs: number | null;
  readonly error: string | null;
  /** Its first process as this machine sees it; null when it does not run, or has none. */
  readonly hostPid: number | null;
}

/** A program to run beside the command, as the agent's user. */
export interface ExecRequest {
  readonly argv: readonly string[];
  /** Written to its standard input, which is then closed. */
  readonly stdin?: Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** The container's own when absent. */
  readonly workDir?: string;
  /** After this it is killed with all that is in its process group. */
  readonly timeoutMs: number;
  /** What of stdout, and of stderr, is kept; the rest is read and dropped. */
  readonly maxBytes: number;
}

export interface ExecResult {
  /** 127 when there is no such program; 137 when it was killed. */
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly timedOut: boolean;
}

/** A program with a terminal of its own, for a person. */
export interface Terminal {
  /** Ends when the program has ended. */
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  resize(size: TerminalSize): Promise<void>;
  /** Resolves after `readable` has ended. */
  readonly exitCode: Promise<number>;
  /** Lets go of the connection; the program sees its terminal hang up. */
  close(): void;
}

export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/** An image to make from a directory with a Containerfile. */
export interface ImageBuild {
  readonly name: string;
  readonly contextDir: string;
  /** Relative to `contextDir`. */
  readonly containerfile: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** A container found by label; `exitCode` is known once it has stopped. */
export interface ContainerRecord {
  readonly containerId: string;
  readonly runId: string;
  readonly jobId: string;
  readonly state: "created" | "running" | "exited";
  readonly exitCode: number | null;
}

export type OutputStream = "stdout" | "stderr";

/** What a sandbox uses at one moment. `cpuMs` and the bytes of devices are counters from its start. */
export interface SandboxUsage {
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly readBytes: number;
  readonly writeBytes: number;
  /** Processes and threads. */
  readonly pids: number;
}

/**
 * Drives sandboxes. One implementation talks to Podman, one starts a plain process (no isolation, only by name),
 * one is a scripted dummy for tests. All pass `container/container_contract.ts`.
 */
export interface ContainerRuntime {
  readonly name: "podman" | "process" | "dummy";
  /** True where a sandbox is meant to be bounded and the kernel does not do it: `container/watchdog.ts` must. */
  readonly needsWatchdog: boolean;
  /**
   * Creates the container of a run, not started. Called once per run; called again for the same `runId` it returns
   * the container that exists. Nothing of the agent's command has run when it returns.
   */
  create(spec: ContainerSpec): Promise<{ readonly containerId: string }>;
  /** Starts it. Starting a started container is a no-op. */
  start(containerId: string): Promise<void>;
  /**
   * Streams output from the beginning (also of an adopted container) until the container ends or `signal` aborts.
   * Bytes as written, in order per stream.
   */
  output(
    containerId: string,
    onBytes: (stream: OutputStream, bytes: Uint8Array) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Resolves with the exit code of the command once the container has ended; at once if it has already. */
  wait(
    containerId: string,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly wasKilledForMemory: boolean }>;
  /** What it uses now; null when it does not run, or this host cannot say. Takes milliseconds. */
  usage(containerId: string): Promise<SandboxUsage | null>;
  /** TERM, then KILL after `graceMs`. Stopping a stopped or missing container is a no-op. */
  stop(containerId: string, graceMs: number): Promise<void>;
  /** Removes it with its anonymous volumes, running or not. Removing a missing one is a no-op. */
  remove(containerId: string): Promise<void>;
  /** All containers that this runner's `instance` label owns, running or not: how a restarted runner finds its own. */
  list(): Promise<readonly ContainerRecord[]>;
  /** The host uid:gid that the agent's user has outside; host files given to it are chowned to this. */
  hostOwner(): Promise<{ readonly uid: number; readonly gid: number }>;
  /** What works on this host and what does not, one line each, for `runner doctor`. */
  doctor(): Promise<readonly DoctorLine[]>;

  // The rest is for agents that live in a terminal (Runtime 1.2). What a driver cannot do at all it refuses with
  // `UnsupportedByRuntimeError` (container/unsupported.ts), whose message says why.

  /** What it is; null for a missing one. Times are null where nothing has happened yet. */
  inspect(containerId: string): Promise<ContainerState | null>;
  /** Runs a program in a running container to its end. Rejects if the container does not run; takes 60 ms and more. */
  exec(containerId: string, request: ExecRequest): Promise<ExecResult>;
  /** Runs a program on a terminal; returns when it has begun. Rejects if the container does not run. */
  openTerminal(containerId: string, argv: readonly string[], size: TerminalSize): Promise<Terminal>;
  /** Freezes a running container; pausing a paused one is a no-op. */
  pause(containerId: string): Promise<void>;
  /** Unpausing what is not paused is a no-op. */
  unpause(containerId: string): Promise<void>;
  hasImage(name: string): Promise<boolean>;
  /** What tells an image from another one of the same name; null: there is none, or the driver has no images. */
  imageId(name: string): Promise<string | null>;
  /** @param onProgress Told each line of what happens. Rejects with what the registry said. */
  pullImage(name: string, onProgress: (line: string) => void, signal?: AbortSignal): Promise<void>;
  /** Rejects with the last lines of a build that failed. */
  buildImage(build: ImageBuild, onProgress: (line: string) => void, signal?: AbortSignal): Promise<void>;
}

export interface DoctorLine {
  readonly check: string;
  readonly isOk: boolean;
  /** What was found; when not ok, what to do about it. */
  readonly detail: string;
  /** When not ok: what this machine can therefore not do. */
  readonly disables?: string;
}
