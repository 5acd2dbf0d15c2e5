/**
 * Where everything of one run is, `<data>/runs/<runId>/`, and the note that says that its worktree is complete.
 *
 * ```
 * workspace/      the checked-out files                     -> /workspace            (the agent's)
 * dot_git         one line, `gitdir: /shopfloor/git`        -> /workspace/.git       (read-only)
 * git/            private git directory                     -> /shopfloor/git        (the agent's)
 * objects         link to the cache's objects               -> /shopfloor/objects    (read-only)
 * harvest.git/    the host's own view of the agent's objects; never shown to the agent
 * plugins/        a directory per plugin of the job         -> /run/alp/plugins      (read-only)
 * submodules/     a directory per submodule of the project  -> its place below /workspace (read-only)
 * gateway.git/    what the agent sees as `origin`; served, never mounted
 * worktree.json   the note; written last
 * ```
 *
 * 1. The agent may write in `workspace/` and `git/` and nowhere else.
 * 2. `worktree.json` exists exactly if `prepare` has completed. Before it exists no agent has run, so everything
 *    here may be thrown away; once it exists nothing here is made again.
 * 3. `git/objects/info/alternates` is relative, so that it means `/shopfloor/objects` inside and, through the
 *    link `objects`, the cache on the host (Runtime 2.3.4).
 */
import { join } from "node:path";
import { isName } from "../../protocol/ids.ts";
import type { ContainerMount } from "../ports.ts";

/** Where the sandbox finds its files. */
export const SANDBOX_WORKSPACE = "/workspace";
export const SANDBOX_GIT_DIR = "/shopfloor/git";
export const SANDBOX_PLUGINS_DIR = "/run/alp/plugins";
export const SANDBOX_OBJECTS_DIR = "/shopfloor/objects";

/** What `git/objects/info/alternates` says, seen from `git/objects`. */
export const ALTERNATES = "../../objects\n";

export interface RunDirectory {
  readonly root: string;
  readonly workspace: string;
  readonly dotGit: string;
  readonly git: string;
  readonly objects: string;
  readonly harvest: string;
  readonly plugins: string;
  readonly submodules: string;
  readonly gateway: string;
  readonly note: string;
}

/** What must be known about a run after a crash; holds no secret. */
export interface RunNote {
  readonly taskId: string;
  readonly cacheGitDir: string;
  readonly branch: string;
  /** The project's branch that the work is for; its default if the request named none. */
  readonly projectBranch: string;
  readonly baseCommit: string;
  readonly startCommit: string;
  /** Files of the runner in the workspace: no part of the work. */
  readonly hiddenPaths?: readonly string[];
  /** What the job wants git to ignore besides: lines of gitignore(5). */
  readonly ignoreLines?: readonly string[];
  readonly hasPlugins?: boolean;
  /** Paths in the worktree, in the order of the directories below `submodules/`. */
  readonly submodules?: readonly string[];
  /** What a person is told about the worktree. */
  readonly notes?: readonly string[];
}

/** Names the paths of a run; throws if the id could leave the directory. */
export function runDirectory(dataDir: string, runId: string): RunDirectory {
  if (!isName(runId)) {
    throw new TypeError(`Cannot name a run's directory as its id must be a name: current value is ${runId}`);
  }
  const root = join(dataDir, "runs", runId);
  return {
    root,
    workspace: join(root, "workspace"),
    dotGit: join(root, "dot_git"),
    git: join(root, "git"),
    objects: join(root, "objects"),
    harvest: join(root, "harvest.git"),
    plugins: join(root, "plugins"),
    submodules: join(root, "submodules"),
    gateway: join(root, "gateway.git"),
    note: join(root, "worktree.json"),
  };
}

/** What the sandbox sees of a run (Runtime 2.4: shorter targets first). */
export function sandboxMounts(
  run: RunDirectory,
  { cacheGitDir, hasPlugins = false, submodules = [] }: Pick<
    RunNote,
    "cacheGitDir" | "hasPlugins" | "submodules"
  >,
): readonly ContainerMount[] {
  return [
    { source: run.workspace, target: SANDBOX_WORKSPACE, isReadOnly: false },
    { source: run.dotGit, target: `${SANDBOX_WORKSPACE}/.git`, isReadOnly: true },
    { source: run.git, target: SANDBOX_GIT_DIR, isReadOnly: false },
    { source: join(cacheGitDir, "objects"), target: SANDBOX_OBJECTS_DIR, isReadOnly: true },
    ...(hasPlugins ? [{ source: run.plugins, target: SANDBOX_PLUGINS_DIR, isReadOnly: true }] : []),
    ...submodules.map((path, n) => ({
      source: join(run.submodules, String(n)),
      target: `${SANDBOX_WORKSPACE}/${path}`,
      isReadOnly: true,
    })),
  ];
}

/** Reads the note; null if `prepare` has not completed. */
export async function readNote(run: RunDirectory): Promise<RunNote | null> {
  try {
    return JSON.parse(await Deno.readTextFile(run.note)) as RunNote;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** The notes of all runs that are whole, by run. */
export async function readNotes(dataDir: string): Promise<ReadonlyMap<string, RunNote>> {
  const notes = new Map<string, RunNote>();
  try {
    for await (const { name, isDirectory } of Deno.readDir(join(dataDir, "runs"))) {
      if (!isDirectory || !isName(name)) continue;
      const note = await readNote(runDirectory(dataDir, name));
      if (note !== null) notes.set(name, note);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return notes;
}

/** Reads the note of a run that was prepared; throws if it was not, as the caller is wrong then. */
export async function requireNote(run: RunDirectory): Promise<RunNote> {
  const note = await readNote(run);
  if (note === null) {
    throw new Error(`Cannot use a run as it must be prepared first: current value is ${run.root}`);
  }
  return note;
}

/** Writes the note, whole or not at all. */
export async function writeNote(run: RunDirectory, note: RunNote): Promise<void> {
  const temporary = `${run.note}.new`;
  await Deno.writeTextFile(temporary, JSON.stringify(note), { mode: 0o600 });
  await Deno.rename(temporary, run.note);
}

/** Throws away what a `prepare` that did not complete left behind (invariant 2). */
export async function clearUnfinished(run: RunDirectory): Promise<void> {
  for (
    const path of [
      run.workspace,
      run.dotGit,
      run.git,
      run.objects,
      run.harvest,
      run.plugins,
      run.submodules,
      run.gateway,
    ]
  ) {
    await removeTree(path);
  }
}

/**
 * Removes a path with all below it; a missing one is no fault. An agent may have left directories without the
 * right to write (module caches do): their rights are given back first.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    // `chmod -R` does not follow the links that it meets.
    await new Deno.Command("chmod", { args: ["-R", "u+rwX", "--", path], stdout: "null", stderr: "null" })
      .output();
    await Deno.remove(path, { recursive: true });
  }
}
