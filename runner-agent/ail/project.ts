/** Where the runs of one working directory are kept, below the home directory (Pipeline 3.6). */
import { createHash } from "node:crypto";
import { join } from "node:path";

export interface ProjectPaths {
  /** SHA-1 of the canonical working directory, lower-case hex. */
  readonly hash: string;
  readonly directory: string;
  readonly runs: string;
  readonly database: string;
}

/** @param cwd Exists. */
export async function projectPaths(cwd: string, home: string): Promise<ProjectPaths> {
  const hash = createHash("sha1").update(await Deno.realPath(cwd)).digest("hex");
  const directory = join(home, ".ail/projects", hash);
  return { hash, directory, runs: join(directory, "runs"), database: join(directory, "ail.db") };
}

/** Ids of runs are names of files: nothing else is looked up. */
export function isRunId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text);
}

export function runLogPath({ runs }: ProjectPaths, runId: string): string {
  return join(runs, `${runId}.jsonl`);
}
