/** The project repository that the demo works on: the bundled one, made into a bare origin, or the user's own. */
import { basename, join, resolve } from "node:path";
import { mustRun } from "../setup/run_command.ts";

export interface Origin {
  /** What the control plane is told: a path or a URL. */
  readonly gitUrl: string;
  /** For people. */
  readonly description: string;
  /** Folder below which the runner must be allowed to use local repositories; null for a remote one. */
  readonly localRoot: string | null;
  /** The project's name on the control plane. */
  readonly project: string;
}

const REMOTE = /^(https?|ssh|git):\/\/|^[^/\s]+@[^/\s]+:/;
const DEMO_AUTHOR = { name: "Shopfloor demo", email: "demo@shopfloor.invalid" };

/** The repository that `--repo` names, or a fresh bare origin of the bundled project below `demoDir`. */
export async function prepareOrigin(
  repo: string | undefined,
  demoDir: string,
  projectDir: string,
): Promise<Origin> {
  if (repo === undefined) return await bundledOrigin(demoDir, projectDir);
  if (REMOTE.test(repo)) {
    return {
      gitUrl: repo,
      description: repo.replace(/\/\/[^@/]*@/, "//"),
      localRoot: null,
      project: projectName(repo),
    };
  }
  const path = resolve(Deno.env.get("INIT_CWD") ?? Deno.cwd(), repo.replace(/^file:\/\//, ""));
  await mustRun(`use ${path} as the project repository`, "git", ["-C", path, "rev-parse", "--git-dir"]);
  return { gitUrl: path, description: path, localRoot: path, project: projectName(path) };
}

async function bundledOrigin(demoDir: string, projectDir: string): Promise<Origin> {
  const bare = join(demoDir, "untidy.git");
  const isThere = await Deno.stat(join(bare, "HEAD")).then(() => true, () => false);
  if (!isThere) {
    const work = await Deno.makeTempDir({ dir: demoDir, prefix: "untidy-" });
    try {
      await mustRun("copy the bundled project", "cp", ["-R", `${projectDir}/.`, work]);
      const git = (...args: string[]) =>
        mustRun(`prepare the bundled project (git ${args[0]})`, "git", ["-C", work, ...args]);
      await git("init", "--quiet", "--initial-branch", "main");
      await git("add", "--all");
      const { name, email } = DEMO_AUTHOR;
      await git(
        "-c",
        `user.name=${name}`,
        "-c",
        `user.email=${email}`,
        "commit",
        "--quiet",
        "--message",
        "feat: count words",
      );
      // Cloned to a temporary name first: a half-made origin must not be taken for one.
      const fresh = `${bare}.new`;
      await Deno.remove(fresh, { recursive: true }).catch(ignoreMissing);
      await mustRun("make the bare origin", "git", ["clone", "--quiet", "--bare", work, fresh]);
      await Deno.rename(fresh, bare);
    } finally {
      await Deno.remove(work, { recursive: true });
    }
  }
  return {
    gitUrl: bare,
    description: "the bundled project, examples/projects/untidy",
    localRoot: demoDir,
    project: "untidy",
  };
}

function projectName(repo: string): string {
  const name = basename(repo.replace(/\/+$/, "")).replace(/\.git$/, "").replace(/[^A-Za-z0-9._-]/g, "-");
  return /^[A-Za-z0-9]/.test(name) ? name.slice(0, 100) : "project";
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
