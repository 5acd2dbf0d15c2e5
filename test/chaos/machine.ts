/** The whole product on this machine, to be killed in parts: Worker, history, and runners that start plain processes. */
import { join } from "node:path";
import { type Api, createApi } from "../../tools/demo/api.ts";
import { type LocalPlane, startLocalPlane } from "../../tools/local/local_plane.ts";
import { freePort } from "../../tools/local/ports.ts";
import type { Child } from "../../tools/local/processes.ts";
import { registerRunner, type RunnerOptions, runRunner } from "../../tools/local/runner.ts";
import { runCommand } from "../../tools/setup/run_command.ts";
import { lineOf } from "./work.ts";

/** A lease ends within one restart of the Worker: expiry happens all the time. */
const LEASE_MS = 3_000;
const HEARTBEAT_MS = 1_000;
/** So many runs may be lost that no job ends for that reason: how tasks end is for their scripts to say. */
const RUNS_PER_JOB_MAX = 1_000;
const RUNNERS = 2;

export type Victim = "worker" | "runner" | "history";

export class Machine implements AsyncDisposable {
  readonly #runners: Child[];

  private constructor(
    readonly dir: string,
    readonly plane: LocalPlane,
    readonly api: Api,
    readonly settings: readonly RunnerOptions[],
  ) {
    this.#runners = settings.map(runRunner);
  }

  static async start(): Promise<Machine> {
    const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "sf-chaos-" }));
    const plane = await startLocalPlane({
      port: freePort(),
      dataDir: dir,
      say: () => {},
      variables: {
        SHOPFLOOR_LEASE_MS: String(LEASE_MS),
        SHOPFLOOR_HEARTBEAT_MS: String(HEARTBEAT_MS),
        SHOPFLOOR_RUNS_PER_JOB_MAX: String(RUNS_PER_JOB_MAX),
      },
    });
    const api = createApi(plane.url, plane.adminToken, "test", "chaos");
    await api.putProject({ gitUrl: await makeOrigin(dir), gitBranch: "main" });
    for (const lineId of ["straight", "detour"] as const) {
      await api.putLine(lineId, lineOf(lineId, startsPath(dir)));
    }
    const settings = Array.from({ length: RUNNERS }, (_, index): RunnerOptions => ({
      server: plane.url,
      owner: api.owner,
      project: api.project,
      name: `runner-${index + 1}`,
      userToken: plane.adminToken,
      dataDir: join(dir, `runner-${index + 1}`),
      sandboxArgs: ["--runtime=process"],
      args: [
        `--allow-repository-under=${dir}`,
        "--polling-interval=0.2",
        `--heartbeat-seconds=${HEARTBEAT_MS / 1_000}`,
      ],
      logPath: join(dir, `runner-${index + 1}.log`),
    }));
    for (const one of settings) await registerRunner(one);
    return new Machine(dir, plane, api, settings);
  }

  /** `RUN TASK STATION` of every run that has started, in order. */
  async starts(): Promise<readonly (readonly string[])[]> {
    const text = await Deno.readTextFile(startsPath(this.dir)).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    });
    return text.split("\n").filter((line) => line !== "").map((line) => line.split(" "));
  }

  /** SIGKILL, and the start after it. `which` chooses among several of a kind. */
  async killAndRestart(victim: Victim, which: number): Promise<void> {
    switch (victim) {
      case "worker":
        await this.plane.kill9();
        return await this.plane.restart();
      case "history":
        await this.plane.history.kill9();
        await this.plane.restartHistory();
        return;
      case "runner": {
        const index = which % this.#runners.length;
        await this.#runners[index]!.kill9();
        this.#runners[index] = runRunner(this.settings[index]!);
      }
    }
  }

  /** A bare copy of a task's repository; gives its directory. */
  async fetchRepository(taskId: string): Promise<string> {
    const { owner, project } = this.api;
    const target = join(this.dir, "fetched", `${taskId}.git`);
    const url = new URL(`${this.plane.url}/api/git/${owner}/${project}/${taskId}.git`);
    url.username = "admin";
    url.password = this.plane.adminToken;
    await git(this.dir, "clone", "-q", "--mirror", url.href, target);
    return target;
  }

  /** Ends of what the programs have said, for a failure. */
  async logs(): Promise<string> {
    const paths = [this.plane.logPath, ...this.settings.map((one) => one.logPath!)];
    const texts = await Promise.all(paths.map(async (path) => {
      const text = await Deno.readTextFile(path).catch(() => "");
      return `== ${path}\n${text.slice(-3_000)}`;
    }));
    return texts.join("\n");
  }

  /** Runners first, in order: what is still theirs to tell is told. */
  async stopRunners(): Promise<void> {
    for (const runner of this.#runners) await runner.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopRunners();
    await this.plane.stop();
    await Deno.remove(this.dir, { recursive: true });
  }
}

function startsPath(dir: string): string {
  return join(dir, "starts");
}

async function makeOrigin(dir: string): Promise<string> {
  const seed = join(dir, "seed");
  const origin = join(dir, "origin.git");
  await Deno.mkdir(seed);
  await Deno.writeTextFile(join(seed, "README.md"), "# Chaos\n");
  await git(seed, "init", "-q", "-b", "main");
  await git(seed, "add", "-A");
  await git(seed, "-c", "user.name=C", "-c", "user.email=c@example.invalid", "commit", "-qm", "seed");
  await git(dir, "clone", "-q", "--bare", seed, origin);
  return origin;
}

export async function git(cwd: string, ...args: string[]): Promise<string> {
  const done = await runCommand("git", ["-C", cwd, ...args]);
  if (done.code !== 0) throw new Error(`Cannot go on as git ${args[0]} must succeed: ${done.stderr}`);
  return done.stdout.trim();
}
