/**
 * Our own runner, whole but for its sandbox: daemon, conductor, journal, git and log streamer as in production, around
 * a dummy container whose agent does what a script says.
 */
import { join } from "node:path";
import type { RunnerRegistered } from "../../protocol/line/runner.ts";
import { readRunConfig } from "../../runner-agent/config.ts";
import { DummyContainer, DummyWorld } from "../../runner-agent/container/dummy_container.ts";
import { type DaemonOutcome, runDaemon } from "../../runner-agent/job/daemon.ts";
import { openJournal } from "../../runner-agent/job/journal.ts";
import { CONCLUSION_NAME, SANDBOX_OUT_DIR } from "../../runner-agent/job/run_dirs.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import { createDaemonDeps, stateDirOf } from "../../runner-agent/job/wiring.ts";
import type { ContainerRuntime } from "../../runner-agent/ports.ts";
import type { TestPlane, TestProject } from "./plane.ts";

/** What the agent of one station does. */
export interface AgentScript {
  readonly exitCode?: number;
  readonly output?: string;
  readonly conclusion?: { readonly conclusion: "success" | "failure"; readonly summary?: string };
}

/** A directory with a project's origin in it, and room for runners. */
export interface RunnerYard extends AsyncDisposable {
  readonly root: string;
  readonly originDir: string;
  /** Runs one job as `runner run --once` does; gives how the daemon ended. */
  runOnce(
    at: TestProject,
    registered: RunnerRegistered,
    agent: AgentScript,
  ): Promise<{ readonly outcome: DaemonOutcome; readonly events: readonly string[] }>;
}

/** A runner that found no job by then has failed. */
const WORK_MAX_MS = 20_000;

/** Makes the origin with one commit. */
export async function openRunnerYard(plane: TestPlane): Promise<RunnerYard> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "shopfloor_yard_" }));
  const originDir = join(root, "origin.git");
  const seed = join(root, "seed");
  await Deno.mkdir(seed);
  await Deno.writeTextFile(join(seed, "README.md"), "# Project\n");
  await git(root, seed, "init", "-q", "-b", "main");
  await git(root, seed, "add", "-A");
  await git(root, seed, "-c", "user.name=P", "-c", "user.email=p@example.invalid", "commit", "-qm", "seed");
  await git(root, root, "clone", "-q", "--bare", seed, originDir);
  return {
    root,
    originDir,
    runOnce: (at, registered, agent) => runOnce(plane, root, at, registered, agent),
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}

async function runOnce(
  plane: TestPlane,
  root: string,
  at: TestProject,
  registered: RunnerRegistered,
  agent: AgentScript,
) {
  const dataDir = join(root, "runners");
  const stateDir = stateDirOf(dataDir, registered.id);
  await Deno.mkdir(stateDir, { recursive: true });
  const journal = await openJournal(join(stateDir, "journal.db"));
  const events: string[] = [];
  const uid = Deno.uid() ?? 0;
  const deps = createDaemonDeps({
    config: readRunConfig(
      { data: dataDir, allowRepositoryUnder: [root], pollingInterval: "0.05", once: true },
      { env: {}, uid },
    ),
    registration: { ...registered, server: plane.url, owner: at.owner, project: at.project, labels: [] },
    runtime: scriptedContainer(registered.id, agent),
    journal,
    clock: systemClock,
    log: (event, fields) => events.push(`${event} ${JSON.stringify(fields)}`),
    env: {},
    uid,
    print: null,
  });
  const drain = new AbortController();
  const never = new AbortController().signal;
  const timer = setTimeout(() => drain.abort(), WORK_MAX_MS);
  try {
    const outcome = await runDaemon(deps, { drain: drain.signal, stop: never, abandon: never });
    return { outcome, events };
  } finally {
    clearTimeout(timer);
    journal.close();
  }
}

function scriptedContainer(instance: string, agent: AgentScript): ContainerRuntime {
  const dummy = new DummyContainer({ world: new DummyWorld(), instance, clock: systemClock });
  const create = dummy.create.bind(dummy);
  dummy.create = async (spec) => {
    const out = spec.mounts.find((mount) => mount.target === SANDBOX_OUT_DIR);
    // The script is the agent's: what the runner tries for itself has no such mount.
    if (out === undefined) return await create(spec);
    if (agent.conclusion !== undefined) {
      await Deno.writeTextFile(join(out.source, CONCLUSION_NAME), JSON.stringify(agent.conclusion));
    }
    const script = {
      DUMMY_OUTPUT: agent.output ?? "",
      DUMMY_EXIT_CODE: String(agent.exitCode ?? 0),
    };
    return await create({ ...spec, env: { ...spec.env, ...script } });
  };
  return dummy;
}

async function git(home: string, cwd: string, ...args: string[]): Promise<void> {
  const done = await new Deno.Command("git", {
    args,
    cwd,
    env: { HOME: home, GIT_CONFIG_NOSYSTEM: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!done.success) {
    throw new Error(
      `Cannot set up as git ${args.join(" ")} must succeed: ${new TextDecoder().decode(done.stderr)}`,
    );
  }
}
