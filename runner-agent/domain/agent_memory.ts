/**
 * What agents of a project remember between machines (Line 4.2, `claude-config-archive`): which files of Claude Code's
 * configuration are memory, and how what two runs have added comes together. Pure.
 *
 * 1. Memory is what the agent notes for later, and nothing else: no credential, setting, hook or program is taken from a home
 *    or placed in one, whatever an archive holds.
 * 2. What another program has put into the archive stays in it as it was, except credentials.
 * 3. A run changes what it has changed: a file that it left as it found it is the archive's.
 */

export type MemoryFiles = ReadonlyMap<string, Uint8Array>;

/** A file as it was when a run began: its path, and a digest of its content. */
export type MemoryMark = Readonly<Record<string, string>>;

/** Below the CLI's configuration folder: its notes on a project, and those of its sub-agents. */
export function isMemoryPath(path: string): boolean {
  return isPlainPath(path) && /^(?:projects\/[^/]+\/memory|agent-memory)\/[^]/.test(path);
}

/** Whether it names a file below where it is put, on every system. */
export function isPlainPath(path: string): boolean {
  return path.length <= 400 && path.split("/").every((part) =>
    // deno-lint-ignore no-control-regex
    part !== "" && part !== "." && part !== ".." && !/[\x00-\x1f\x7f\\:]/.test(part)
  );
}

/** A file that must not be in an archive, whoever has put it there. */
export function isCredentialPath(path: string): boolean {
  return /(?:^|\/)\.?credentials?(?:\.[^/]*)?$/i.test(path);
}

export interface MemoryChange {
  /** What is there now and was not, or was another. */
  readonly written: MemoryFiles;
  readonly removed: readonly string[];
}

/** What a run has made of its memory; null: nothing. */
export function memoryChange(
  before: MemoryMark,
  now: MemoryFiles,
  digest: (bytes: Uint8Array) => string,
): MemoryChange | null {
  const written = new Map([...now].filter(([path, bytes]) => before[path] !== digest(bytes)));
  const removed = Object.keys(before).filter((path) => !now.has(path));
  return written.size === 0 && removed.length === 0 ? null : { written, removed };
}

/** Brings a run's change into what the archive holds by now (invariant 3). */
export function withChange(kept: MemoryFiles, { written, removed }: MemoryChange): MemoryFiles {
  const next = new Map([...kept].filter(([path]) => !removed.includes(path)));
  for (const [path, bytes] of written) next.set(path, bytes);
  return next;
}
