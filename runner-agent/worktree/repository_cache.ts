/**
 * One bare repository per project, `<data>/repositories/<id>.git`: what every run of the project borrows objects
 * from.
 *
 * 1. Whatever changes a cache holds its lock, a lock of the operating system on `<id>.lock`, which a crash
 *    releases. The one exception writes a ref that only its run uses (`harvest.ts`).
 *    What a crash of git itself left locked is freed once per process, before anything else (`settle`).
 * 2. Objects are only ever added: runs name them as alternates, so nothing is collected here. A cache
 *    that no run stands on is removed when nobody has wanted it for long (`cache_reclaim.ts`): its lock file says when.
 * 3. `refs/remotes/origin/*` and `refs/tags/*` are the project's as of the last fetch. `refs/shopfloor/runs/{runId}`
 *    is a run's head, `refs/shopfloor/bases/{runId}` what its work began from, `refs/shopfloor/heads/{runId}`
 *    the project's branch as it saw it, so that no collection on the host takes what it borrows; `refs/shopfloor/incoming/{runId}/*`
 *    exists only inside one `prepare`.
 * 4. Objects are readable to everybody, whatever the umask, as another user reads them in the sandbox. So runs of
 *    one project may read each other's objects, never each other's refs.
 * 5. A cache has no remote and no credential in its configuration.
 */
import { join } from "node:path";
import { ok, type Result } from "../../protocol/result.ts";
import type { Origin } from "./allowed_repository.ts";
import { exists } from "./exists.ts";
import type { Git, GitFailure } from "./git_command.ts";
import { removeTree } from "./run_directory.ts";

/** 128 bits of the hash of the URL: enough that two projects never meet. */
const ID_HEX_CHARS = 32;

export interface RepositoryCaches {
  /** Frees what killed git processes left locked. Await it before a change that takes no lock. */
  settle(gitDir: string): Promise<void>;
  /** The cache's directory, made if missing. Without network. */
  open(origin: Origin): Promise<Result<string, GitFailure>>;
  /** Runs `body` alone among all that change this cache, in this process or another. */
  withLock<T>(gitDir: string, body: () => Promise<T>): Promise<T>;
}

/** Creates the caches below `<dataDir>/repositories`. */
export function createRepositoryCaches(dataDir: string, git: Git): RepositoryCaches {
  const directory = join(dataDir, "repositories");
  const settled = new Map<string, Promise<void>>();

  function settle(gitDir: string): Promise<void> {
    const known = settled.get(gitDir) ?? removeStaleLocks(gitDir);
    settled.set(gitDir, known);
    return known;
  }

  async function withLock<T>(gitDir: string, body: () => Promise<T>): Promise<T> {
    await Deno.mkdir(directory, { recursive: true });
    using file = await Deno.open(`${gitDir}.lock`, { create: true, write: true });
    await file.lock(true);
    await settle(gitDir);
    return await body();
  }

  return {
    settle,
    withLock,
    async open(origin) {
      const gitDir = join(directory, `${await cacheId(origin.url)}.git`);
      return await withLock(gitDir, async () => {
        await Deno.utime(`${gitDir}.lock`, new Date(), new Date());
        if (await exists(gitDir)) return ok(gitDir);
        const made = await initCache(git, gitDir);
        return made.ok ? ok(gitDir) : made;
      });
    },
  };
}

/** Fetches every branch and tag of the project. Hold the lock. */
export function fetchProject(git: Git, gitDir: string, origin: Origin): Promise<Result<string, GitFailure>> {
  return git.run({
    action: "fetch the project",
    gitDir,
    access: { kind: "origin", origin },
    args: [
      "fetch",
      "--quiet",
      "--prune",
      "--no-write-fetch-head",
      "--no-auto-maintenance",
      "--recurse-submodules=no",
      "--",
      origin.url,
      "+refs/heads/*:refs/remotes/origin/*",
      "+refs/tags/*:refs/tags/*",
    ],
  });
}

async function initCache(git: Git, gitDir: string): Promise<Result<null, GitFailure>> {
  const temporary = `${gitDir}.new`;
  await removeTree(temporary);
  const made = await git.run({
    action: "create the cache of the project",
    args: ["init", "--quiet", "--bare", "--template=", "--shared=0644", "--", temporary],
  });
  if (!made.ok) return made;
  await Deno.rename(temporary, gitDir);
  return ok(null);
}

/**
 * A git process that was killed leaves its `x.lock` and blocks that ref for good. At our first use of a
 * cache none of them is in use, as no other process has this data directory.
 */
async function removeStaleLocks(directory: string): Promise<void> {
  if (!await exists(directory)) return;
  for await (const entry of Deno.readDir(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory && entry.name !== "objects") await removeStaleLocks(path);
    if (entry.isFile && entry.name.endsWith(".lock")) await Deno.remove(path);
  }
}

async function cacheId(url: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(url));
  return new Uint8Array(hash).toHex().slice(0, ID_HEX_CHARS);
}
