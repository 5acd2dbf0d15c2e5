/**
 * Reads an agent's git directory as plain files: the host never runs git with it (Runtime 2.3.4).
 *
 * 1. Every file that is read must be a plain file and short; a link, a pipe or a device is refused, not followed.
 * 2. Objects may be borrowed from nowhere but the cache: an `alternates` that names another directory of the host
 *    would otherwise let the agent harvest that repository.
 * 3. Both hold only while nobody writes: harvest after the sandbox has ended, or while it is paused.
 */
import { join } from "node:path";
import { err, ok, type Result } from "../../protocol/result.ts";
import { AGENT_GIT_FILE_MAX_BYTES, AGENT_PACKED_REFS_MAX_BYTES } from "../limits.ts";
import { ALTERNATES } from "./run_directory.ts";

/** Why an agent's git directory is not read: a sentence for a person, without contents of any file. */
export type AgentGitError = { readonly reason: "not_plain"; readonly detail: string };

const COMMIT = /^[0-9a-f]{40}$/;

export interface AgentTips {
  /** Where the run's branch is; null if the agent deleted it. */
  readonly branchTip: string | null;
  /** Where HEAD is; null if it is unborn or unreadable. */
  readonly headTip: string | null;
}

/** Reads where the run's branch and HEAD are. */
export async function readAgentTips(
  gitDir: string,
  branch: string,
): Promise<Result<AgentTips, AgentGitError>> {
  const packed = await readPlainFile(join(gitDir, "packed-refs"), AGENT_PACKED_REFS_MAX_BYTES);
  if (!packed.ok) return packed;
  const head = await readPlainFile(join(gitDir, "HEAD"), AGENT_GIT_FILE_MAX_BYTES);
  if (!head.ok) return head;
  const branchTip = await readRef(gitDir, `refs/heads/${branch}`, packed.value ?? "");
  if (!branchTip.ok) return branchTip;

  const text = head.value?.trim() ?? "";
  const symbolic = /^ref: (refs\/heads\/[^\s]+)$/.exec(text)?.[1];
  if (symbolic === undefined || symbolic.split("/").includes("..")) {
    return ok({ branchTip: branchTip.value, headTip: COMMIT.test(text) ? text : null });
  }
  const headTip = await readRef(gitDir, symbolic, packed.value ?? "");
  return headTip.ok ? ok({ branchTip: branchTip.value, headTip: headTip.value }) : headTip;
}

/** Checks that the agent's objects are plain files and borrowed from the cache only. */
export async function checkAgentObjects(gitDir: string): Promise<Result<null, AgentGitError>> {
  const objects = join(gitDir, "objects");
  const root = await Deno.lstat(objects).catch(missingAsNull);
  if (root === null || !root.isDirectory) return refuse("objects is no directory");
  const alternates = await readPlainFile(join(objects, "info", "alternates"), AGENT_GIT_FILE_MAX_BYTES);
  if (!alternates.ok) return alternates;
  if (alternates.value !== null && alternates.value.trim() !== ALTERNATES.trim()) {
    return refuse("objects/info/alternates was changed");
  }
  return await checkPlainTree(objects, "objects");
}

async function checkPlainTree(directory: string, shown: string): Promise<Result<null, AgentGitError>> {
  for await (const entry of Deno.readDir(directory)) {
    const name = `${shown}/${entry.name}`;
    if (entry.isFile) continue;
    if (!entry.isDirectory) return refuse(`${name} is no plain file`);
    const below = await checkPlainTree(join(directory, entry.name), name);
    if (!below.ok) return below;
  }
  return ok(null);
}

async function readRef(
  gitDir: string,
  ref: string,
  packed: string,
): Promise<Result<string | null, AgentGitError>> {
  const loose = await readPlainFile(join(gitDir, ref), AGENT_GIT_FILE_MAX_BYTES);
  if (!loose.ok) return loose;
  const text = loose.value?.trim() ?? "";
  if (COMMIT.test(text)) return ok(text);
  for (const line of packed.split("\n")) {
    if (line.slice(41) === ref && COMMIT.test(line.slice(0, 40))) return ok(line.slice(0, 40));
  }
  return ok(null);
}

/** The text of a short plain file; null if there is none (or a directory, as `refs/heads/a` may become). */
async function readPlainFile(path: string, maxBytes: number): Promise<Result<string | null, AgentGitError>> {
  const info = await Deno.lstat(path).catch(missingAsNull);
  if (info === null || info.isDirectory) return ok(null);
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!info.isFile) return refuse(`${name} is no plain file`);
  if (info.size > maxBytes) return refuse(`${name} has more than ${maxBytes} bytes`);
  return ok(await Deno.readTextFile(path));
}

function missingAsNull(error: unknown): null {
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
  throw error;
}

function refuse(detail: string): { readonly ok: false; readonly error: AgentGitError } {
  return err({ reason: "not_plain", detail: `the agent's repository cannot be read: ${detail}` });
}
