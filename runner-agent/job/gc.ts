/**
 * `runner gc`: finds what runs have left on this machine and removes what no journal knows, and the caches of
 * repositories that nobody wants any more. What may go is decided in
 * `domain/gc_plan.ts`; here it is looked for, and taken away one by one with a result for each.
 *
 * 1. Look first, then read the journal: a run that begins meanwhile is in the journal before it has anything to find.
 * 2. A container that cannot be removed keeps its directories: they are mounted in it.
 * 3. Repeating it is harmless: what is gone already is gone.
 */
import { basename, join } from "node:path";
import { createClient } from "@libsql/client";
import { measureDisk } from "../container/disk_measure.ts";
import { PodmanClient } from "../container/podman_client.ts";
import { listOwnImages, removeImage } from "../container/podman_image_list.ts";
import { type GcFound, planGc } from "../domain/gc_plan.ts";
import { CACHE_UNUSED_MS, GC_MEASURE_BUDGET_MS } from "../limits.ts";
import type { ContainerRuntime } from "../ports.ts";
import { createWorktreeManager } from "../worktree/worktree_manager.ts";
import { keptHomesDir } from "./deletion.ts";
import { removeStubborn } from "./remove_stubborn.ts";
import { runDirs } from "./run_dirs.ts";
import { lockRunner } from "./runner_lock.ts";
import { worktreePlaces } from "./worktree_places.ts";

/** One runner's state on this machine. */
export interface GcState {
  readonly stateDir: string;
  readonly hubBase: string;
  /** Where the settings have its worktrees; the state itself where they name no place. */
  readonly worktrees: string;
  readonly runtime: Pick<ContainerRuntime, "list" | "remove">;
}

export interface GcRequest {
  readonly isDryRun: boolean;
  /** Told each result as it comes. */
  onResult(result: GcResult): void;
}

export interface GcResult {
  readonly kind: GcFound["kind"] | "state" | "cache";
  readonly name: string;
  readonly result: "removed" | "would_remove" | "kept" | "failed";
  readonly reason: string;
  /** What it took on the disk; null where that is not known. */
  readonly bytes: number | null;
}

interface Candidate extends GcFound {
  readonly bytes: () => Promise<number | null>;
  /** Null, or why it stays. */
  readonly remove: () => Promise<string | null>;
}

/** Everything of one runner. A journal that cannot be read fails the whole: then nothing is known to be nobody's. */
export async function collectRunGarbage(state: GcState, request: GcRequest): Promise<void> {
  let candidates: readonly Candidate[];
  let places: readonly string[];
  let journalled: ReadonlySet<string>;
  // Held while we work, unless the runner has it.
  using lock = await lockOf(state.stateDir);
  try {
    places = await worktreePlaces(state.stateDir, state.worktrees);
    candidates = await findOf(state, places);
    journalled = await journalledRuns(join(state.stateDir, "journal.db"));
  } catch (error) {
    request.onResult({
      kind: "state",
      name: state.stateDir,
      result: "failed",
      reason: (error as Error).message,
      bytes: null,
    });
    return;
  }
  const known = {
    journalled: withHubNames(state, journalled),
    isRunnerAtWork: lock === null,
    imagesInUse: new Set<string>(),
    nowMs: Date.now(),
  };
  await act(candidates, planGc(candidates, known), request);
  for (const place of places) await collectCaches(place, request);
}

/** Caches of projects' repositories, once the worktrees that stood on them are gone. */
async function collectCaches(place: string, { isDryRun, onResult }: GcRequest): Promise<void> {
  const worktrees = createWorktreeManager({ dataDir: place, localRepositoryRoots: [] });
  const wish = { nowMs: Date.now(), unusedMs: CACHE_UNUSED_MS, isDryRun };
  for (const { path, result, reason } of await worktrees.reclaimCaches(wish)) {
    onResult({ kind: "cache", name: path, result, reason, bytes: null });
  }
}

/** Images that a newer one replaced. @param inUse Names that a runner was told to use. */
export async function collectImageGarbage(
  socketPath: string,
  inUse: ReadonlySet<string>,
  request: GcRequest,
): Promise<void> {
  const podman = new PodmanClient(socketPath);
  try {
    const images = await listOwnImages(podman);
    const candidates = images.map((image): Candidate => ({
      kind: "image",
      name: image.name || image.id.slice(0, 12),
      owner: image.name.replace(/:[^/:]*$/, ""),
      createdAtMs: image.createdAtMs,
      bytes: () => Promise.resolve(image.bytes),
      remove: () => removeImage(podman, image),
    }));
    const known = {
      journalled: new Set<string>(),
      isRunnerAtWork: false,
      imagesInUse: inUse,
      nowMs: Date.now(),
    };
    await act(candidates, planGc(candidates, known), request);
  } finally {
    podman.close();
  }
}

async function act(
  candidates: readonly Candidate[],
  verdicts: readonly { readonly kind: "remove" | "keep"; readonly reason: string }[],
  { isDryRun, onResult }: GcRequest,
): Promise<void> {
  const stuck = new Set<string>();
  for (const [index, one] of candidates.entries()) {
    const { kind, reason } = verdicts[index]!;
    const about = { kind: one.kind, name: one.name };
    if (kind === "keep") {
      onResult({ ...about, result: "kept", reason, bytes: null });
      continue;
    }
    const bytes = await one.bytes();
    if (isDryRun) {
      onResult({ ...about, result: "would_remove", reason, bytes });
      continue;
    }
    const why = stuck.has(one.owner)
      ? "its container could not be removed"
      : await one.remove().catch((error: Error) => error.message);
    if (why !== null && one.kind === "container") stuck.add(one.owner);
    onResult({ ...about, result: why === null ? "removed" : "failed", reason: why ?? reason, bytes });
  }
}

/** Containers first (invariant 2). */
async function findOf(
  { stateDir, hubBase, runtime }: GcState,
  worktreesIn: readonly string[],
): Promise<readonly Candidate[]> {
  const found: Candidate[] = (await runtime.list()).map((record) => ({
    kind: "container",
    name: record.runId,
    owner: record.runId,
    createdAtMs: 0,
    bytes: () => Promise.resolve(null),
    remove: () => runtime.remove(record.containerId).then(() => null),
  }));
  const places = [
    ["sandbox_dir", join(stateDir, "sandboxes")],
    ...worktreesIn.map((place) => ["worktree", join(place, "runs")] as const),
    ["hub_dir", hubBase],
    ["log", join(stateDir, "logs")],
    ["home", keptHomesDir(stateDir)],
  ] as const;
  for (const [kind, parent] of places) {
    for (const path of await pathsIn(parent)) {
      found.push({
        kind,
        name: path,
        owner: kind === "log" ? basename(path).replace(/(\.start\.json|\.log)(\.\w+)?$/, "") : basename(path),
        createdAtMs: kind === "home" ? (await Deno.lstat(path)).ctime?.getTime() ?? 0 : 0,
        bytes: () => measureDisk([path], GC_MEASURE_BUDGET_MS),
        remove: () => removeStubborn(path).then(() => null),
      });
    }
  }
  return found;
}

/** A long run's directory of sockets has a digest for a name. */
function withHubNames({ stateDir, hubBase }: GcState, journalled: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([
    ...journalled,
    ...[...journalled].map((runId) => basename(runDirs(stateDir, hubBase, runId).hub)),
  ]);
}

/** Only reads, whatever version wrote it. A runner that never ran has none. */
async function journalledRuns(path: string): Promise<ReadonlySet<string>> {
  if (!await exists(path)) return new Set();
  const client = createClient({ url: `file:${path}` });
  try {
    const { rows } = await client.execute("select run_id from runs");
    return new Set(rows.map((row) => String(row["run_id"])));
  } finally {
    client.close();
  }
}

async function lockOf(stateDir: string): Promise<Disposable | null> {
  return await exists(stateDir) ? await lockRunner(join(stateDir, "lock")) : { [Symbol.dispose]: () => {} };
}

async function pathsIn(dir: string): Promise<readonly string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(dir))).map((entry) => join(dir, entry.name)).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
