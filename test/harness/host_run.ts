/**
 * Runs a harness plan on the host as a plain process: the home is a temporary directory made from the plan's files,
 * and the sandbox's paths in the plan are replaced by it. No isolation; for tests against the scripted model only.
 */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AGENT_HOME, WORKSPACE } from "../../runner-agent/harness/mod.ts";
import type { HarnessPlan } from "../../runner-agent/ports.ts";

/** Not below `/tmp`: Codex refuses its helper programs when its home is there. */
const RUNS_DIR = fileURLToPath(new URL("../../.shopfloor/test/harness/", import.meta.url));

export interface HostRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A home and a git repository as workspace, deleted when disposed of. */
export interface HostSandbox extends AsyncDisposable {
  readonly homeDir: string;
  readonly workspaceDir: string;
  /** Runs the plan's command to its end, or kills it when `signal` aborts. */
  run(plan: HarnessPlan, options: HostRunOptions): Promise<HostRun>;
  /** Runs git in the workspace and returns what it printed. */
  git(...args: string[]): Promise<string>;
}

export interface HostRunOptions {
  /** Put in front of `PATH`. */
  readonly binDirs: readonly string[];
  readonly signal: AbortSignal;
}

/** Makes the directories; the workspace is a repository with one empty commit. */
export async function createHostSandbox(): Promise<HostSandbox> {
  await Deno.mkdir(RUNS_DIR, { recursive: true });
  const rootDir = await Deno.makeTempDir({ dir: RUNS_DIR });
  const homeDir = join(rootDir, "home");
  const workspaceDir = join(rootDir, "workspace");
  await Deno.mkdir(homeDir);
  await Deno.mkdir(workspaceDir);
  const toHost = (text: string) => text.replaceAll(AGENT_HOME, homeDir).replaceAll(WORKSPACE, workspaceDir);

  const sandbox: HostSandbox = {
    homeDir,
    workspaceDir,
    async run(plan, { binDirs, signal }) {
      for (const [path, text] of Object.entries(plan.homeFiles)) {
        const file = join(homeDir, path);
        await Deno.mkdir(dirname(file), { recursive: true });
        await Deno.writeTextFile(file, toHost(text));
      }
      const env = Object.fromEntries(Object.entries(plan.env).map(([name, value]) => [name, toHost(value)]));
      const [program, ...args] = plan.command.map(toHost);
      if (program === undefined) throw new TypeError("Cannot run plan as its command must not be empty");
      const output = await new Deno.Command(program, {
        args,
        cwd: workspaceDir,
        clearEnv: true,
        env: { LANG: "C.UTF-8", ...env, PATH: [...binDirs, Deno.env.get("PATH") ?? ""].join(":") },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
        signal,
      }).output();
      const decoder = new TextDecoder();
      return {
        exitCode: output.code,
        stdout: decoder.decode(output.stdout),
        stderr: decoder.decode(output.stderr),
      };
    },
    async git(...args) {
      const { success, stdout, stderr } = await new Deno.Command("git", { args, cwd: workspaceDir }).output();
      const decoder = new TextDecoder();
      if (!success) throw new Error(`Cannot run git ${args[0]} in the workspace: ${decoder.decode(stderr)}`);
      return decoder.decode(stdout).trim();
    },
    async [Symbol.asyncDispose]() {
      await removeAtLast(rootDir);
    },
  };
  await sandbox.git("init", "--quiet", "--initial-branch=main");
  await sandbox.git("config", "user.name", "Agent");
  await sandbox.git("config", "user.email", "agent@shopfloor.invalid");
  await sandbox.git("commit", "--quiet", "--allow-empty", "--message=start");
  return sandbox;
}

/** What a CLI has left running may still write, for a moment. */
async function removeAtLast(dir: string, triesLeft = 20): Promise<void> {
  try {
    await Deno.remove(dir, { recursive: true });
  } catch (error) {
    if (triesLeft === 0) throw error;
    await new Promise((resolve) => setTimeout(resolve, 100));
    await removeAtLast(dir, triesLeft - 1);
  }
}
