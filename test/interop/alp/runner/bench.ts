/**
 * A runner under test: a shell command of any make, started with these variables in its environment.
 *
 *   ALP_SERVER            address of the server, e.g. http://127.0.0.1:20001
 *   ALP_OWNER, ALP_PROJECT, ALP_USER_TOKEN
 *   ALP_RUNNER_NAME       to register under, and
 *   ALP_RUNNER_LABELS     with these labels, separated by commas
 *   ALP_DATA              a directory that is kept when the runner starts again: what it must remember goes there
 *   ALP_POLL_SECONDS      the polling interval, a fraction
 *   ALP_HEARTBEAT_SECONDS how often to send in_progress, a fraction
 *
 * The command registers when `ALP_DATA` holds no registration yet, runs until SIGTERM, and must hand signals on (`exec`).
 * The agent of every job must run the shell script that the job carries in `prompt` (and, the same, in
 * `operatorConfig.command`) with the workspace as its directory, and end with the script's exit code: what the script
 * sees of its environment it tells by that code. `our_runner.sh` does all this for ours.
 */
import { join } from "node:path";
import { fail, holds, shown } from "../check.ts";
import { type Intercept, type StrictOptions, StrictServer } from "../strict_server.ts";
import type { RecordedReport, StrictJob } from "../strict/record.ts";

export interface RunnerCommand {
  /** For `sh -c`. */
  readonly command: string;
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Where a job finds the operator's MCP server over HTTP, as the shell of the job would write it, e.g.
   * `$AGENTICS_BASE_URL/mcp`. Agents get it by a configuration of their own kind, which a script has not.
   */
  readonly mcpUrl?: string;
}

export interface SessionOptions extends Partial<Omit<StrictOptions, "dir">> {
  readonly pollSeconds?: number;
  readonly labels?: readonly string[];
}

export const POLL_SECONDS = 0.4;
export const HEARTBEAT_SECONDS = 0.5;
/** A job of a few lines, start of a sandbox included. */
export const JOB_MAX_MS = 60_000;
const START_MAX_MS = 60_000;
const STOP_MAX_MS = 20_000;
const OUTPUT_SHOWN_CHARS = 1_500;
let tasks = 0;

/** Starts runners; one in each dialect is shared by the checks that leave it as they found it. */
export class RunnerBench implements AsyncDisposable {
  readonly #shared = new Map<string, Promise<RunnerSession>>();

  constructor(readonly runner: RunnerCommand) {}

  shared(dialect: "spec" | "reference"): Promise<RunnerSession> {
    const found = this.#shared.get(dialect) ?? this.#start({ dialect });
    this.#shared.set(dialect, found);
    return found;
  }

  /** The shared runner with calls answered by `intercept` while `body` runs. */
  async intercepted(intercept: Intercept, body: (session: RunnerSession) => Promise<void>): Promise<void> {
    const session = await this.shared("spec");
    session.server.intercept = intercept;
    try {
      await body(session);
    } finally {
      session.server.intercept = () => null;
    }
  }

  /** A runner of its own; the caller disposes it. */
  async open(options: SessionOptions = {}): Promise<RunnerSession> {
    return await this.#start(options);
  }

  async #start(options: SessionOptions): Promise<RunnerSession> {
    const session = await RunnerSession.open(this.runner, options);
    session.start();
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#shared.values()) {
      await (await session.catch(() => null))?.[Symbol.asyncDispose]();
    }
  }
}

/** One strict server, one data directory, and the runner's process, which may be started again. */
export class RunnerSession implements AsyncDisposable {
  #child: Deno.ChildProcess | null = null;
  #output = "";
  #reading: Promise<unknown> = Promise.resolve();
  /** Resolves with the exit code of the process that was started last. */
  exited: Promise<number> = Promise.resolve(0);

  private constructor(
    readonly runner: RunnerCommand,
    readonly options: SessionOptions,
    readonly root: string,
    readonly server: StrictServer,
  ) {}

  static async open(runner: RunnerCommand, options: SessionOptions): Promise<RunnerSession> {
    const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "alp_interop_runner_" }));
    await Deno.mkdir(join(root, "data"));
    await Deno.mkdir(join(root, "git"));
    const { pollSeconds: _, labels: __, dialect = "spec", ...strict } = options;
    const server = await StrictServer.start({ dialect, ...strict, dir: join(root, "git") });
    return new RunnerSession(runner, options, root, server);
  }

  get labels(): readonly string[] {
    return this.options.labels ?? ["linux", "interop"];
  }

  start(): void {
    const { server } = this;
    const child = new Deno.Command("sh", {
      args: ["-c", `exec ${this.runner.command}`],
      env: {
        ...this.runner.env,
        ALP_SERVER: server.url,
        ALP_OWNER: server.owner,
        ALP_PROJECT: server.project,
        ALP_USER_TOKEN: server.userToken,
        ALP_RUNNER_NAME: "interop-runner",
        ALP_RUNNER_LABELS: this.labels.join(","),
        ALP_DATA: join(this.root, "data"),
        ALP_POLL_SECONDS: String(this.options.pollSeconds ?? POLL_SECONDS),
        ALP_HEARTBEAT_SECONDS: String(HEARTBEAT_SECONDS),
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    const take = async (stream: ReadableStream<Uint8Array>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) this.#output += text;
    };
    this.#reading = Promise.all([take(child.stdout), take(child.stderr)]);
    this.exited = child.status.then(({ code }) => {
      if (this.#child === child) this.#child = null;
      return code;
    });
  }

  signal(name: Deno.Signal): void {
    this.#child?.kill(name);
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  /** What the runner printed last, for failures. */
  get output(): string {
    return this.#output.slice(-OUTPUT_SHOWN_CHARS);
  }

  /** Waits; fails with what was expected and what the runner did. */
  async until<T>(expected: string, look: () => T | null, withinMs = JOB_MAX_MS): Promise<T> {
    const found = await this.server.until(
      () => look() ?? (this.isRunning ? null : "ended" as const),
      withinMs,
    );
    const value = found === "ended" ? look() : found;
    if (value !== null && value !== "ended") return value as T;
    const { violations, unknownCalls, calls } = this.server;
    return fail(
      expected,
      `${this.isRunning ? "nothing within the time" : "the runner's end"}; violations ${
        shown(violations)
      }; calls it does not have ${shown([...new Set(unknownCalls)].slice(0, 5))}; last calls ${
        shown(calls.slice(-4).map((c) => `${c.method} ${c.path} ${c.status}`))
      }; it said: ${this.output.slice(-600)}`,
    );
  }

  async untilPolled(): Promise<void> {
    const before = this.server.polls().length;
    await this.until("a poll", () => this.server.polls().length > before ? true : null, START_MAX_MS);
  }

  /** A job that runs `script`; `undefined` takes a field away. */
  addJob(
    script: string,
    more: Readonly<Record<string, unknown>> = {},
    jobId = `job-${crypto.randomUUID()}`,
  ): StrictJob {
    const { server } = this;
    const work: Record<string, unknown> = {
      labels: ["interop"],
      taskId: `task-${++tasks}`,
      stageId: "build",
      prompt: script,
      operatorConfig: { command: script },
      repository: server.projectUrl,
      branch: "main",
      idleTimeoutMinutes: 1,
      maxTimeoutMinutes: 2,
      ...more,
    };
    const given = Object.entries(work).filter(([, value]) => value !== undefined);
    return server.addJob(Object.fromEntries(given), jobId);
  }

  async ended(job: StrictJob, withinMs = JOB_MAX_MS): Promise<RecordedReport> {
    const report = await this.until("a terminal report", () => job.terminal, withinMs);
    const { violations } = this.server;
    holds(violations.length === 0, "only calls that the protocol allows", violations);
    return report;
  }

  /** Runs `script` to its terminal report. */
  async run(...job: Parameters<RunnerSession["addJob"]>): Promise<RecordedReport> {
    return await this.ended(this.addJob(...job));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child !== null) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MAX_MS);
      await child.status;
      clearTimeout(timer);
    }
    await this.#reading;
    await this.server[Symbol.asyncDispose]();
    await Deno.remove(this.root, { recursive: true });
  }
}

export type RunnerCheck = import("../check.ts").Check<RunnerBench>;
