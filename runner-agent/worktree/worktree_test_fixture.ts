/**
 * Tests only: a project's origin, a task's repository and an agent, all with stock git, in a temporary directory.
 * The sandbox's mounts are emulated by `GIT_DIR` and `GIT_WORK_TREE`; the link `objects` of the run directory
 * stands in for `/shopfloor/objects`.
 */
import { join } from "node:path";
import type { Worktree, WorktreeManager, WorktreeRequest } from "../ports.ts";
import { createGitRoute } from "./git_route.ts";
import { createWorktreeManager } from "./worktree_manager.ts";

export const AUTHORIZATION = "Bearer job-token-0123456789";

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type Handler = (request: Request) => Response | Promise<Response>;

/** A request with everything that may be missing. */
export type FixtureRequest = WorktreeRequest & {
  readonly projectUrl: string;
  readonly taskRepository: NonNullable<WorktreeRequest["taskRepository"]>;
};

export interface Fixture {
  readonly root: string;
  readonly dataDir: string;
  readonly originDir: string;
  readonly taskDir: string;
  readonly manager: ReturnType<typeof createWorktreeManager>;
  readonly hubPort: number;
  /** A second runner with its own data directory. */
  otherManager(): WorktreeManager;
  request(runId: string, more?: Partial<FixtureRequest>): FixtureRequest;
  /** What the sandbox's loopback answers. */
  setHub(handler: Handler): void;
  /** git as a person on the host; throws if it fails. */
  git(cwd: string, ...args: string[]): Promise<string>;
  /** git as the agent of a run. */
  agent(runId: string, ...args: string[]): Promise<Finished>;
  /** Commits a file to the project's `main`, as somebody else. */
  moveProject(file: string, text?: string): Promise<string>;
  runDir(runId: string): string;
}

/** Runs `body` with everything set up, and takes it all down. */
export async function withFixture(body: (fixture: Fixture) => Promise<void>): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "shopfloor_worktree_" }));
  const originDir = join(root, "origins", "project.git");
  const taskDir = join(root, "task.git");
  const dataDir = join(root, "data");
  let hub: Handler = () => new Response("no hub\n", { status: 404 });
  const hubServer = serve((request) => hub(request));
  const taskRoute = createGitRoute({ gitDir: taskDir, prefix: "/task.git" });
  const taskServer = serve((request) =>
    request.headers.get("authorization") === AUTHORIZATION
      ? taskRoute(request)
      : new Response("no", { status: 401 })
  );
  const hubPort = hubServer.addr.port;
  const taskUrl = `http://127.0.0.1:${taskServer.addr.port}/task.git`;
  const localRepositoryRoots = [join(root, "origins")];

  const git = async (cwd: string, ...args: string[]) => {
    const done = await runGit(args, { cwd, env: { HOME: root } });
    if (done.code !== 0) {
      throw new Error(`Cannot set up as git ${args.join(" ")} must succeed: ${done.stderr}`);
    }
    return done.stdout.trim();
  };
  const runDir = (runId: string) => join(dataDir, "runs", runId);
  try {
    const seed = join(root, "seed");
    await Deno.mkdir(join(seed, "src"), { recursive: true });
    await Deno.writeTextFile(
      join(root, ".gitconfig"),
      "[user]\nname=Person\nemail=person@example.invalid\n[init]\ndefaultBranch=main\n[safe]\ndirectory=*\n",
    );
    await git(root, "init", "--quiet", "--bare", originDir);
    await git(root, "init", "--quiet", "--bare", taskDir);
    await git(seed, "init", "--quiet");
    await Deno.writeTextFile(join(seed, "README.md"), "# Project\n");
    await Deno.writeTextFile(join(seed, "src", "a.txt"), "a\n");
    await git(seed, "add", "--all");
    await git(seed, "commit", "--quiet", "--message", "first");
    await git(seed, "push", "--quiet", originDir, "HEAD:main", "HEAD:release/1.0");
    await body({
      root,
      dataDir,
      originDir,
      taskDir,
      hubPort,
      git,
      runDir,
      manager: createWorktreeManager({ dataDir, localRepositoryRoots, hubPort }),
      otherManager: () =>
        createWorktreeManager({ dataDir: join(root, "other_data"), localRepositoryRoots, hubPort }),
      request: (runId, more = {}) => ({
        runId,
        taskId: "t1",
        projectUrl: originDir,
        projectBranch: null,
        initBranch: true,
        taskRepository: { url: taskUrl, authorization: AUTHORIZATION },
        pushesToOrigin: false,
        files: [],
        plugins: [],
        owner: { uid: Deno.uid()!, gid: Deno.gid()! },
        ...more,
      }),
      setHub: (handler) => {
        hub = handler;
      },
      agent: (runId, ...args) =>
        runGit(args, {
          cwd: join(runDir(runId), "workspace"),
          env: {
            HOME: "/nonexistent",
            GIT_CONFIG_NOSYSTEM: "1",
            GIT_DIR: join(runDir(runId), "git"),
            GIT_WORK_TREE: join(runDir(runId), "workspace"),
          },
        }),
      moveProject: async (file, text = `${file}\n`) => {
        await git(seed, "fetch", "--quiet", originDir, "main");
        await git(seed, "reset", "--quiet", "--hard", "FETCH_HEAD");
        await Deno.writeTextFile(join(seed, file), text);
        await git(seed, "add", "--all");
        await git(seed, "commit", "--quiet", "--message", `add ${file}`);
        await git(seed, "push", "--quiet", originDir, "HEAD:main");
        return await git(seed, "rev-parse", "HEAD");
      },
    });
  } finally {
    await Promise.all([hubServer.shutdown(), taskServer.shutdown()]);
    await Deno.remove(root, { recursive: true });
  }
}

/** Writes and commits a file as the agent; returns the commit. */
export async function commitAs(
  fixture: Fixture,
  runId: string,
  file: string,
  text = `${file}\n`,
): Promise<string> {
  await Deno.writeTextFile(join(fixture.runDir(runId), "workspace", file), text);
  for (const args of [["add", "--", file], ["commit", "--quiet", "--message", `agent: ${file}`]]) {
    const done = await fixture.agent(runId, ...args);
    if (done.code !== 0) throw new Error(`Cannot commit as the agent as git must succeed: ${done.stderr}`);
  }
  return (await fixture.agent(runId, "rev-parse", "HEAD")).stdout.trim();
}

/** `prepare` that must succeed. */
export async function prepared(manager: WorktreeManager, request: WorktreeRequest): Promise<Worktree> {
  return unwrap(await manager.prepare(request));
}

/** The value of a result that must be a success. */
export function unwrap<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  if (result.ok) return result.value;
  throw new Error(`Cannot go on as it must succeed: ${JSON.stringify(result.error)}`);
}

/** Opens the gateway of a run on the hub's port, as the conductor does. */
export async function openGateway(fixture: Fixture, request: FixtureRequest): Promise<string> {
  const { gitDir } = unwrap(await fixture.manager.projectGateway(request));
  fixture.setHub(createGitRoute({ gitDir, prefix: "/git/project.git" }));
  return gitDir;
}

export async function runGit(
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string>; readonly uid?: number },
): Promise<Finished> {
  const { env, ...rest } = options;
  const done = await new Deno.Command("git", {
    args: [...args],
    ...rest,
    clearEnv: true,
    env: { PATH: Deno.env.get("PATH")!, LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", ...env },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code: done.code, stdout: text(done.stdout), stderr: text(done.stderr) };
}

export function serve(handler: Handler): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
}
