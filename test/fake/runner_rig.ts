/**
 * A runner with everything around it, in a temporary directory: a project's origin, a fake control plane, a
 * registration. Either as a daemon inside the test, over any runtime, or as the real program in a process of its own.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { registerRunner } from "../../runner-agent/control/control_plane.ts";
import { type Registration, saveRegistration } from "../../runner-agent/control/registrations.ts";
import type { AgentDefinition } from "../../protocol/line/runner.ts";
import { readRunConfig } from "../../runner-agent/config.ts";
import { type DaemonDeps, type DaemonOutcome, runDaemon } from "../../runner-agent/job/daemon.ts";
import { chooseHubBase } from "../../runner-agent/job/run_dirs.ts";
import { removeTree } from "../../runner-agent/worktree/run_directory.ts";
import { openJournal } from "../../runner-agent/job/journal.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { createDaemonDeps, stateDirOf } from "../../runner-agent/job/wiring.ts";
import type { ContainerRuntime } from "../../runner-agent/ports.ts";
import { type FakeControlPlane, OWNER, PROJECT, startFakeControlPlane, USER_TOKEN } from "./control_plane.ts";

export interface RunnerEventLine {
  readonly event: string;
  readonly phase?: string;
  readonly [field: string]: unknown;
}

export interface RunnerProcess {
  readonly pid: number;
  readonly events: readonly RunnerEventLine[];
  readonly stdout: () => string;
  /** Resolves at the first event that `test` accepts, also one that was before. */
  seen(what: string, test: (event: RunnerEventLine) => boolean): Promise<void>;
  signal(name: Deno.Signal): void;
  readonly status: Promise<Deno.CommandStatus>;
}

export interface InnerRunner {
  readonly deps: DaemonDeps;
  readonly events: readonly RunnerEventLine[];
  /** Drains and waits. */
  drain(): Promise<DaemonOutcome>;
  readonly stop: AbortController;
  readonly outcome: Promise<DaemonOutcome>;
}

export interface RunnerRig {
  readonly root: string;
  readonly dataDir: string;
  readonly stateDir: string;
  readonly originDir: string;
  readonly plane: FakeControlPlane;
  readonly registration: Registration;
  /** A job on the origin, with the bits that a station sets. */
  addJob(work?: Partial<AgentDefinition>): string;
  /** The daemon inside of the test. */
  startInside(runtime: ContainerRuntime, change?: Partial<DaemonDeps>): Promise<InnerRunner>;
  /** The program; ends with the test. */
  startProcess(...args: string[]): RunnerProcess;
  git(cwd: string, ...args: string[]): Promise<string>;
}

const MAIN = fileURLToPath(new URL("../../runner-agent/main.ts", import.meta.url));
const SEEN_MAX_MS = 30_000;
let tasks = 0;

/** Runs `body` with a rig and takes it down. */
export async function withRunnerRig(body: (rig: RunnerRig) => Promise<void>): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "shopfloor_runner_" }));
  const dataDir = join(root, "data");
  const originDir = join(root, "origins", "project.git");
  const children = new Set<Deno.ChildProcess>();
  const git = async (cwd: string, ...args: string[]) => {
    const done = await new Deno.Command("git", {
      args,
      cwd,
      env: { HOME: root, GIT_CONFIG_NOSYSTEM: "1" },
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    if (!done.success) {
      throw new Error(`Cannot set up as git ${args.join(" ")} must succeed: ${decoder.decode(done.stderr)}`);
    }
    return decoder.decode(done.stdout).trim();
  };
  await makeOrigin(root, originDir, git);
  await using plane = await startFakeControlPlane(root);
  const address = { serverUrl: plane.url, owner: OWNER, project: PROJECT };
  const made = await registerRunner(address, USER_TOKEN, { name: "rig", labels: ["linux"] });
  if (made.kind !== "ok") throw new Error(`Cannot register as the fake must agree: ${made.kind}`);
  const registration: Registration = {
    ...made.value,
    server: plane.url,
    owner: OWNER,
    project: PROJECT,
    labels: ["linux"],
  };
  await saveRegistration(dataDir, registration);
  const stateDir = stateDirOf(dataDir, registration.id);
  try {
    await body({
      root,
      dataDir,
      stateDir,
      originDir,
      plane,
      registration,
      addJob: (work = {}) => plane.addJob({ taskId: `task${++tasks}`, repository: originDir, ...work }),
      startInside: (runtime, change) => startInside({ root, dataDir, registration, runtime }, change ?? {}),
      startProcess(...args) {
        const child = new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", MAIN, "run", "--data", dataDir, "--allow-repository-under", root, ...args],
          stdin: "null",
          stdout: "piped",
          stderr: "piped",
        }).spawn();
        children.add(child);
        return observe(child, () => children.delete(child));
      },
      git,
    });
  } finally {
    for (const child of children) {
      child.kill("SIGKILL");
      await child.status;
    }
    await removeTree(chooseHubBase(stateDir, Deno.uid() ?? 0, registration.id));
    await removeTree(root);
  }
}

async function makeOrigin(
  root: string,
  originDir: string,
  git: (cwd: string, ...args: string[]) => Promise<string>,
): Promise<void> {
  const seed = join(root, "seed");
  await Deno.mkdir(seed, { recursive: true });
  await Deno.writeTextFile(
    join(root, ".gitconfig"),
    "[user]\nname=P\nemail=p@example.invalid\n[init]\ndefaultBranch=main\n",
  );
  await Deno.writeTextFile(join(seed, "README.md"), "# Project\n");
  await git(seed, "init", "-q");
  await git(seed, "add", "-A");
  await git(seed, "commit", "-qm", "seed");
  await git(root, "clone", "-q", "--bare", seed, originDir);
}

async function startInside(
  at: { root: string; dataDir: string; registration: Registration; runtime: ContainerRuntime },
  change: Partial<DaemonDeps>,
): Promise<InnerRunner> {
  const events: RunnerEventLine[] = [];
  const stateDir = stateDirOf(at.dataDir, at.registration.id);
  await Deno.mkdir(stateDir, { recursive: true });
  const journal = await openJournal(join(stateDir, "journal.db"));
  const config = readRunConfig(
    {
      data: at.dataDir,
      allowRepositoryUnder: [at.root],
      pollingInterval: "0.05",
      heartbeatSeconds: "0.05",
      harnessProbe: false,
    },
    { env: {}, uid: Deno.uid() ?? 0 },
  );
  const deps: DaemonDeps = {
    ...createDaemonDeps({
      config,
      registration: at.registration,
      runtime: at.runtime,
      journal,
      clock: systemClock,
      log: (event, fields) => events.push({ event, ...fields }),
      env: {},
      uid: Deno.uid() ?? 0,
      print: null,
    }),
    ...change,
  };
  const drain = new AbortController();
  const stop = new AbortController();
  const abandon = new AbortController();
  const outcome = runDaemon(deps, { drain: drain.signal, stop: stop.signal, abandon: abandon.signal })
    .finally(() => journal.close());
  outcome.catch(() => undefined);
  return {
    deps,
    events,
    stop,
    outcome,
    drain: () => {
      drain.abort();
      return outcome;
    },
  };
}

function observe(child: Deno.ChildProcess, onEnd: () => void): RunnerProcess {
  const events: RunnerEventLine[] = [];
  const watchers = new Set<() => void>();
  let stdout = "";
  let other = "";
  const readEvents = async () => {
    let rest = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        if (line.startsWith("{")) events.push(JSON.parse(line));
        else other += `${line}\n`;
      }
      for (const watcher of [...watchers]) watcher();
    }
  };
  const readStdout = async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) stdout += text;
  };
  const reading = Promise.all([readEvents(), readStdout()]);
  const status = (async () => {
    const ended = await child.status;
    await reading;
    onEnd();
    for (const watcher of [...watchers]) watcher();
    return ended;
  })();
  let hasEnded = false;
  status.then(() => hasEnded = true);
  return {
    pid: child.pid,
    events,
    stdout: () => stdout,
    status,
    signal: (name) => child.kill(name),
    async seen(what, test) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const fail = (why: string) =>
        reject(
          new Error(`Cannot go on as '${what}' must be seen: ${why}; ${JSON.stringify(events)} ${other}`),
        );
      const check = () => {
        if (events.some(test)) resolve();
        else if (hasEnded) fail("the runner ended");
      };
      const timer = setTimeout(() => fail("it took too long"), SEEN_MAX_MS);
      watchers.add(check);
      check();
      try {
        await promise;
      } finally {
        clearTimeout(timer);
        watchers.delete(check);
      }
    },
  };
}
