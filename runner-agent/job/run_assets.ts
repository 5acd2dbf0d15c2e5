/**
 * Fetches the assets of a run's task into `.agentics/assets/` of its worktree, before any agent has run there (Line 18).
 *
 * 1. They are a help and no condition: what cannot be had is left out, and said in `manifest.json` and in the log.
 * 2. No link is followed: each directory on the way is one, and a file takes its place by a rename.
 * 3. Their places were hidden from git when the worktree was made (`domain/job_files.ts`); nothing else is written.
 * 4. One that is gone, or another than was said, is looked for once in what the server lists by now.
 */
import { join } from "node:path";
import { ASSET_MANIFEST, type JobAsset } from "../../protocol/line/task_asset.ts";
import type { AssetDownload } from "../control/asset_source.ts";
import {
  assetPaths,
  ASSETS_FOLDER,
  type LeftOut,
  manifestText,
  mismatchOf,
  type PlacedAsset,
  planAssets,
  tooLarge,
} from "../domain/task_assets.ts";
import {
  ASSET_CALL_MAX_MS,
  ASSET_TRIES_MAX,
  ASSET_TRY_AGAIN_MS,
  ASSETS_MAX_MS,
  ASSETS_TOTAL_MAX_BYTES,
} from "../limits.ts";
import { giveToOwner } from "../worktree/give_to_owner.ts";
import type { RunContext } from "./run_context.ts";
import { faultText } from "./run_texts.ts";

/** What is being written, until it takes its place; no asset has this name. */
const PART = ".git-part";

/**
 * Never rejects.
 *
 * @param owner Who the agent is outside of its sandbox.
 * @param over The run is to stop: no further byte is waited for.
 */
export async function placeAssets(
  context: RunContext,
  worktreeDir: string,
  owner: { readonly uid: number; readonly gid: number },
  over: AbortSignal,
): Promise<void> {
  const { deps, sent, ids } = context;
  const listed = sent.taskAssets ?? [];
  if (listed.length === 0 || deps.assets === undefined) return;
  const dir = join(worktreeDir, ASSETS_FOLDER);
  try {
    for (const path of [join(worktreeDir, ".agentics"), dir]) {
      if (!(await Deno.lstat(path)).isDirectory) throw new Error(`${ASSETS_FOLDER} must be a directory`);
    }
    const fetching = createFetching(context, dir, over);
    const { assets, leftOut } = planAssets(listed, deps.assets.maxBytes);
    const placed: PlacedAsset[] = [];
    const missing: LeftOut[] = [...leftOut];
    for (const asset of assets) {
      const got = await fetching.place(asset);
      if (typeof got === "string") missing.push({ name: asset.fileName, reason: got });
      else placed.push(got);
    }
    await put(
      dir,
      ASSET_MANIFEST,
      (path) => Deno.writeTextFile(path, manifestText(placed, missing), { createNew: true }),
    );
    const names = new Set([ASSET_MANIFEST, ...placed.map(({ name }) => name)]);
    for (const path of assetPaths(listed)) {
      const name = path.slice(ASSETS_FOLDER.length + 1);
      if (!names.has(name)) await removeIfThere(join(dir, name));
    }
    await giveToOwner([dir], owner);
    for (const { name, reason } of missing) deps.log("asset_left_out", { ...ids, name, detail: reason });
    deps.log("assets_placed", { ...ids, files: placed.length, leftOut: missing.length });
  } catch (error) {
    deps.log("assets_not_placed", { ...ids, detail: faultText(context.secrets, error) });
  }
}

/** `stale`: the server may have another one by now. */
type Fetched =
  | { readonly kind: "placed"; readonly placed: PlacedAsset }
  | { readonly kind: "stale" | "left_out"; readonly reason: string };

function wordOf(fetched: Fetched): PlacedAsset | string {
  return fetched.kind === "placed" ? fetched.placed : fetched.reason;
}

/** Fetches the assets of one run, one after the other. A text: why one is left out. */
function createFetching({ deps, sent, jobToken, run }: RunContext, dir: string, over: AbortSignal) {
  const { source, maxBytes } = deps.assets!;
  // Other servers know no token of a run.
  const token = run.job.jobToken === undefined ? deps.runnerToken : jobToken;
  const all = AbortSignal.any([over, AbortSignal.timeout(ASSETS_MAX_MS)]);
  let bytesLeft = ASSETS_TOTAL_MAX_BYTES;
  let relisted: Promise<readonly JobAsset[] | null> | null = null;

  async function place(asset: JobAsset): Promise<PlacedAsset | string> {
    if (all.aborted) return "there was no time for it";
    const first = await fetchOne(asset);
    if (first.kind !== "stale") return wordOf(first);
    relisted ??= source.list(
      sent.taskId,
      token,
      AbortSignal.any([all, AbortSignal.timeout(ASSET_CALL_MAX_MS)]),
    );
    const now = (await relisted)?.find(({ fileName }) => fileName === asset.fileName);
    return wordOf(now === undefined ? first : await fetchOne(now));
  }

  async function fetchOne(asset: JobAsset): Promise<Fetched> {
    const part = join(dir, PART);
    try {
      const allowed = Math.min(maxBytes, bytesLeft);
      const got = await patiently(() => download(asset.url, part, allowed));
      if (got.kind === "gone") return { kind: "stale", reason: "it was deleted" };
      if (got.kind !== "saved") return { kind: "left_out", reason: reasonOf(got, allowed) };
      const { size, sha256 } = got;
      const fault = mismatchOf(asset, got);
      if (fault !== null) return { kind: "stale", reason: fault };
      await Deno.rename(part, join(dir, asset.fileName));
      bytesLeft -= size;
      const placed = { name: asset.fileName, size, sha256, contentType: asset.mimeType };
      return { kind: "placed", placed };
    } finally {
      await removeIfThere(part);
    }
  }

  async function download(url: string, path: string, allowed: number): Promise<AssetDownload> {
    await removeIfThere(path);
    const signal = AbortSignal.any([all, AbortSignal.timeout(ASSET_CALL_MAX_MS)]);
    return await source.download(url, { path, maxBytes: allowed, token }, signal);
  }

  async function patiently(get: () => Promise<AssetDownload>): Promise<AssetDownload> {
    for (let tries = 1;; tries++) {
      const got = await get();
      if (got.kind !== "failed" || tries === ASSET_TRIES_MAX || all.aborted) return got;
      await deps.clock.sleep(ASSET_TRY_AGAIN_MS);
    }
  }

  return { place };
}

function reasonOf(got: Exclude<AssetDownload, { kind: "saved" | "gone" }>, allowed: number): string {
  switch (got.kind) {
    case "too_large":
      return tooLarge(allowed);
    case "refused":
      return got.detail;
    case "failed":
      return `it could not be fetched: ${got.detail}`;
  }
}

/** Writes beside the file and takes its place: a link there is replaced, not followed. */
async function put(dir: string, name: string, write: (path: string) => Promise<void>): Promise<void> {
  const part = join(dir, PART);
  await removeIfThere(part);
  await write(part);
  await Deno.rename(part, join(dir, name));
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
