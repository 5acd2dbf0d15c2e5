/**
 * Two real runs of one runner: an agent that attacks, and its neighbour. Both sandboxes, hubs and worktrees are those of any job;
 * the attacker's command is a loop that takes the next attempt from its own directory, so that one sandbox serves many.
 *
 * 1. After each attempt the host looks: nothing of the baits and of the neighbour was touched, no secret was said, both runs go on.
 * 2. What the neighbour has is made by the neighbour, inside.
 */
import { ANTHROPIC } from "../../../runner-agent/harness/providers.ts";
import { commandHarness } from "../../../runner-agent/harness/command.ts";
import { type RunDirs, runDirs } from "../../../runner-agent/job/run_dirs.ts";
import { runDirectory } from "../../../runner-agent/worktree/run_directory.ts";
import { type InnerRunner, type RunnerRig, withRunnerRig } from "../../fake/runner_rig.ts";
import { USER_TOKEN } from "../../fake/control_plane.ts";
import { imageOf, openPodman } from "../podman_world.ts";
import type { Attempt } from "./attempt.ts";
import { type Baits, layBaits, secret } from "./baits.ts";
import { patiently } from "./patiently.ts";
import { startBaitModel } from "./bait_model.ts";
import { ATTACKER, PRELUDE, SYSCALL_PROGRAM, VICTIM } from "./inside.ts";

export interface EscapeWorld {
  readonly baits: Baits;
  readonly rig: RunnerRig;
  readonly runner: InnerRunner;
  /** Of the attacker. */
  readonly runId: string;
  readonly dirs: RunDirs;
  /** Runs one attempt, brings things back, and says what the host found; empty: it held. */
  attack(attempt: Attempt): Promise<{ readonly output: string; readonly faults: readonly string[] }>;
  /** Ends both runs; what the runner sent of the attacker's. */
  finish(): Promise<{
    readonly output: string;
    /** What people saw at the runner's own terminal. */
    readonly printed: string;
    readonly jobResult: string;
    readonly error: string | null;
  }>;
}

export async function withEscapeWorld(body: (world: EscapeWorld) => Promise<void>): Promise<void> {
  await withRunnerRig(async (rig) => {
    await using baits = await layBaits();
    const modelKey = secret("model");
    await using model = startBaitModel(modelKey, baits.variables["PORT_LOOPBACK"]!);
    const image = await imageOf("command");
    const runtime = await openPodman(rig.root);
    const tokens = { attacker: secret("repo-own"), victim: secret("repo-victim") };
    const work = (token: string, command: string) => ({
      repository: rig.originDir,
      autoGit: true,
      assemblyLineRepoUrl: "/api/git/acme/web/own.git",
      assemblyLineRepoToken: token,
      operatorConfig: { command },
    });
    let printed = "";
    const runner = await rig.startInside(runtime, {
      image,
      print: (text) => void (printed += text),
      jobsMax: 2,
      networkProfile: "proxy_only",
      harnessByName: () => ({ ...commandHarness, provider: ANTHROPIC }),
      modelKeys: new Map([["anthropic", { key: modelKey, baseUrl: model.url }]]),
    });
    const neighbour = secret("neighbour");
    const begin = async (command: string, token: string) => {
      const jobId = rig.addJob(work(token, command));
      await patiently("the run has begun", () => rig.plane.outputOf(jobId).includes("ready"));
      return { jobId, run: rig.plane.runs.get(jobId)! };
    };
    const victim = await begin(VICTIM.replaceAll("{secret}", neighbour), tokens.victim);
    const attacker = await begin(ATTACKER, tokens.attacker);
    const { runId } = attacker.run;
    const victimDirs = runDirs(rig.stateDir, runner.deps.hubBase, victim.run.runId);
    const dirs = runDirs(rig.stateDir, runner.deps.hubBase, runId);
    const worktree = runDirectory(rig.stateDir, runId);
    const victimTree = runDirectory(rig.stateDir, victim.run.runId);
    await baits.watch("the neighbour's sandbox", victimDirs.root);
    await baits.watch("the neighbour's hub", victimDirs.hub);
    await baits.watch("the neighbour's worktree", victimTree.root);
    await baits.watch("the attacker's hub", dirs.hub);
    await baits.watch("the project's origin", rig.originDir);
    const secrets = [
      ...baits.secrets,
      modelKey,
      neighbour,
      tokens.victim,
      victim.run.job.jobToken!,
      rig.registration.token,
      USER_TOKEN,
    ];
    const variables = {
      ...baits.variables,
      VICTIM_RUN: victim.run.runId,
      VICTIM_JOB: victim.jobId,
      VICTIM_TASK: victim.run.job.agentDefinition.taskId,
      VICTIM_HUB: victimDirs.hub,
      VICTIM_HOME: victimDirs.home,
      VICTIM_TREE: victimTree.workspace,
      OWN_RUN: runId,
      OWN_TREE: worktree.workspace,
      OWN_JOB: attacker.jobId,
      STATE_DIR: rig.stateDir,
      ORIGIN: rig.originDir,
      PLANE_PORT: String(rig.plane.port),
      MODEL_PORT: String(model.port),
      ROOTLESS: Deno.uid() === 0 ? "" : "1",
    };
    const prelude = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'\n`).join("") +
      PRELUDE;
    const inbox = `${dirs.out}/attempts`;
    await Deno.writeTextFile(`${inbox}/syscall.ts`, SYSCALL_PROGRAM);
    await Deno.chmod(`${inbox}/syscall.ts`, 0o644);
    let count = 0;

    async function run(script: string): Promise<string> {
      const name = `${inbox}/${count++}`;
      await Deno.writeTextFile(`${name}.new`, prelude + script);
      await Deno.chmod(`${name}.new`, 0o644);
      await Deno.rename(`${name}.new`, `${name}.sh`);
      await patiently("the attempt has ended", () => exists(`${name}.status`));
      return await Deno.readTextFile(`${name}.out`);
    }

    async function git(cwd: string, ...args: string[]): Promise<void> {
      await new Deno.Command("git", { args, cwd, stdin: "null", env: { HOME: rig.root } }).output();
    }

    async function lookAt(attempt: Attempt): Promise<string[]> {
      if (attempt.harvest === undefined) return [];
      const harvested = await runner.deps.worktrees.harvest(runId);
      // As a person would who looks at what an agent is doing.
      for (const dir of [worktree.workspace, rig.originDir]) await git(dir, "status");
      const said = harvested.ok ? JSON.stringify(harvested.value) : JSON.stringify(harvested.error);
      if (attempt.harvest !== "either" && harvested.ok !== (attempt.harvest === "works")) {
        return [`harvest: ${said}`];
      }
      return attempt.harvestSays?.test(said) === false ? [`the harvest says ${said}`] : secrets
        .filter((text) => said.includes(text)).map(() => `the harvest tells a secret: ${said}`);
    }

    async function attack(attempt: Attempt) {
      const output = await run(attempt.script);
      const faults = await lookAt(attempt);
      faults.push(...await baits.touched(), ...model.faults.splice(0));
      if (/ESCAPED/.test(output)) faults.push("it says that it escaped");
      if (!attempt.seen.test(output)) faults.push(`it did not see ${attempt.seen}`);
      for (const text of secrets.filter((one) => output.includes(one))) faults.push(`it saw ${text}`);
      for (const { containerId } of await runtime.list()) {
        const found = await runtime.inspect(containerId);
        if (found?.status !== "running") faults.push(`a sandbox is ${found?.status}`);
      }
      if (attempt.undo !== undefined) await run(attempt.undo);
      return { output, faults };
    }

    try {
      await body({
        baits,
        rig,
        runner,
        runId,
        dirs,
        attack,
        async finish() {
          await Deno.writeTextFile(`${inbox}/stop`, "");
          await patiently("the attacker's report", () => attacker.run.outcome !== null);
          rig.plane.cancel(victim.jobId);
          const { jobResult, error } = attacker.run.outcome!;
          return { output: rig.plane.outputOf(attacker.jobId), printed, jobResult, error: error ?? null };
        },
      });
    } finally {
      rig.plane.cancel(victim.jobId);
      rig.plane.cancel(attacker.jobId);
      await runner.drain();
      for (const { containerId } of await runtime.list()) await runtime.remove(containerId);
      runtime.close();
    }
  });
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
