/**
 * Which of a task's assets a run fetches, from where and with what, and what it tells its agent of them (Line 2.7, 18).
 *
 * 1. A name is that of a file in one folder: whatever a server lists, nothing lands elsewhere.
 * 2. A token goes to the runner's own server alone, and only over https or within this machine.
 * 3. What cannot be fetched is left out and said so; it never stops the run.
 *
 * Pure.
 */
import { ASSET_MANIFEST, assetNameFault, assetPlace, type JobAsset } from "../../protocol/line/task_asset.ts";
import { isPrivateHost } from "../../protocol/private_host.ts";
import { ASSETS_MAX } from "../limits.ts";

/** Below the workspace; its files are the runner's own and hidden from git (`job_files.ts`). */
export const ASSETS_FOLDER = ".agentics/assets";

/** An asset that was not placed, and why, for the agent and for people. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

export interface AssetPlan {
  readonly assets: readonly JobAsset[];
  readonly leftOut: readonly LeftOut[];
}

/** Of a text that came from elsewhere, enough to recognise it. */
const NAME_SHOWN_CHARS = 100;

/** Sorts out what a job lists. */
export function planAssets(listed: readonly JobAsset[], maxBytes: number): AssetPlan {
  const assets: JobAsset[] = [];
  const leftOut: LeftOut[] = [];
  const places = new Set<string>();
  for (const asset of listed) {
    const fault = faultOf(asset, places, assets.length, maxBytes);
    if (fault !== null) leftOut.push({ name: shownName(asset.fileName), reason: fault });
    else assets.push(asset);
    if (assetNameFault(asset.fileName) === null) places.add(assetPlace(asset.fileName));
  }
  return { assets, leftOut };
}

function faultOf(
  { fileName, size }: JobAsset,
  places: ReadonlySet<string>,
  taken: number,
  maxBytes: number,
): string | null {
  const fault = assetNameFault(fileName);
  if (fault !== null) return `its name is none of a file: ${fault}`;
  if (places.has(assetPlace(fileName))) return "another one has its name";
  if (size !== undefined && size > maxBytes) return tooLarge(maxBytes);
  return taken >= ASSETS_MAX ? `a task may bring at most ${ASSETS_MAX}` : null;
}

export function tooLarge(maxBytes: number): string {
  return `it has more than ${maxBytes} bytes`;
}

/** Without what would move a terminal's cursor or make a log's line two. */
function shownName(name: string): string {
  // deno-lint-ignore no-control-regex
  return name.replaceAll(/[\x00-\x1f\x7f-\x9f]/g, "?").slice(0, NAME_SHOWN_CHARS);
}

/** Paths that are kept for a job's assets when its worktree is made; none for a job without any. */
export function assetPaths(listed: readonly JobAsset[]): readonly string[] {
  if (listed.length === 0) return [];
  const { assets } = planAssets(listed, Infinity);
  return [ASSET_MANIFEST, ...assets.map((asset) => asset.fileName)].map((name) => `${ASSETS_FOLDER}/${name}`);
}

/** How a URL is asked. `mustBePublic`: no address of a network of one's own may answer. */
export type AssetRoute =
  | {
    readonly kind: "ask";
    readonly url: URL;
    readonly withToken: boolean;
    readonly mustBePublic: boolean;
  }
  | { readonly kind: "refused"; readonly reason: string };

/** Where an asset, or a redirect to it, leads; `serverUrl` is that of the runner's registration. */
export function assetRoute(text: string, serverUrl: string, base: string = serverUrl): AssetRoute {
  if (!URL.canParse(text, base)) return { kind: "refused", reason: "its address is none" };
  const url = new URL(text, base);
  const server = new URL(serverUrl);
  if (url.username !== "" || url.password !== "") {
    return { kind: "refused", reason: "its address holds a credential" };
  }
  if (url.origin === server.origin) {
    const withToken = url.protocol === "https:" || isLoopback(url.hostname);
    return { kind: "ask", url, withToken, mustBePublic: false };
  }
  if (url.protocol !== "https:") {
    return { kind: "refused", reason: "another server is asked over https only" };
  }
  const mustBePublic = !isPrivateHost(server.hostname);
  if (mustBePublic && isPrivateHost(url.hostname)) return { kind: "refused", reason: PRIVATE };
  return { kind: "ask", url, withToken: false, mustBePublic };
}

/** Why an address is not asked that turned out to be of a network of one's own. */
export const PRIVATE = "its address is a private one";

function isLoopback(hostname: string): boolean {
  return /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(hostname);
}

/** What a server said of an asset against what came; null: it is that. */
export function mismatchOf(
  asset: Pick<JobAsset, "size" | "sha256">,
  came: { readonly size: number; readonly sha256: string },
): string | null {
  if (asset.size !== undefined && asset.size !== came.size) {
    return `it has ${came.size} bytes in place of ${asset.size}`;
  }
  return asset.sha256 === undefined || asset.sha256 === came.sha256 ? null : "its SHA-256 is another one";
}

/** An asset as it lies in the folder. */
export interface PlacedAsset {
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
  readonly contentType: string;
}

/** `manifest.json`. */
export function manifestText(placed: readonly PlacedAsset[], leftOut: readonly LeftOut[]): string {
  return `${JSON.stringify({ assets: placed, leftOut }, null, 2)}\n`;
}
