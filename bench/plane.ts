/**
 * Workers in a workerd of the bench's own: ours as `wrangler.toml` says, without history, and bare ones to compare with.
 * Every Worker has a port that leads straight to it; the proxy of the local tools would be what is measured.
 */
import { Miniflare } from "miniflare";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { unstable_getMiniflareWorkerOptions } from "wrangler";
import { bundleWorker } from "../tools/local/bundle_worker.ts";
import { treeOf } from "./queue/process_tree.ts";

export const ADMIN_TOKEN = "admin-token-of-the-benches";
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const START_OF_TIME = "2026-04-01";

/** A Worker to run beside ours or without it. */
export interface BareWorker {
  readonly name: string;
  /** Path of the entry module. */
  readonly entry: string;
  /** Classes of its objects by binding. */
  readonly objects: Readonly<Record<string, string>>;
}

export interface PlaneOptions {
  /** Where objects and blobs are kept. */
  readonly dataDir: string;
  readonly bare?: readonly BareWorker[];
  /** Leaves ours out. */
  readonly isBareOnly?: boolean;
  /** An entry module in place of `worker/main.ts`, with the same exports. */
  readonly entry?: string;
  /** Lets V8's inspector in. */
  readonly hasInspector?: boolean;
}

/** One workerd with its Workers. */
export interface Plane {
  /** Our Worker's address; "" when it was left out. */
  readonly url: string;
  /** The addresses of the bare ones, by name. */
  readonly bareUrls: Readonly<Record<string, string>>;
  /** Where our Worker's inspector listens, if it was let in. */
  inspectorUrl(): Promise<string>;
  /** Process id of workerd. */
  readonly pid: number;
  /** Ends workerd in order. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
}

const bundles = new Map<string, string>();

/** Starts one. */
export async function startPlane(options: PlaneOptions): Promise<Plane> {
  const before = new Set(await workerds());
  const direct = [{ host: "127.0.0.1", port: 0 }];
  const ours = options.isBareOnly ? [] : [await ourWorker(options.entry)];
  const bare = await Promise.all((options.bare ?? []).map(async (worker) => ({
    name: worker.name,
    modules: [await moduleOf(worker.entry)],
    modulesRoot: dirname(worker.entry),
    compatibilityDate: START_OF_TIME,
    compatibilityFlags: ["nodejs_compat"],
    durableObjects: Object.fromEntries(
      Object.entries(worker.objects).map(([binding, className]) => [binding, { className, useSQLite: true }]),
    ),
  })));
  const miniflare = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    resourcePersistencePath: options.dataDir,
    ...(options.hasInspector === true ? { inspectorPort: 0 } : {}),
    workers: [...ours, ...bare].map((worker) => ({ ...worker, unsafeDirectSockets: direct })) as never,
  });
  await miniflare.ready;
  const pid = (await workerds()).find((found) => !before.has(found));
  if (pid === undefined) throw new Error("Cannot find workerd as it must be a child of this process");
  const address = async (name: string) => (await miniflare.unsafeGetDirectURL(name)).origin;
  const bareUrls: Record<string, string> = {};
  for (const { name } of bare) bareUrls[name] = await address(name);
  return {
    url: ours.length === 0 ? "" : await address("shopfloor"),
    bareUrls,
    inspectorUrl: async () => new URL("/core:user:shopfloor", await miniflare.getInspectorURL()).href,
    pid,
    stop: () => miniflare.dispose(),
    kill: async () => {
      Deno.kill(pid, "SIGKILL");
      await miniflare.dispose();
    },
  };
}

/** A directory for what a bench stores: in `dir`, else in memory where the machine has a file system for that. */
export async function makeDataDir(prefix: string, dir?: string): Promise<string> {
  return await Deno.makeTempDir({ dir: dir ?? await memoryDir(), prefix: `shopfloor_${prefix}_` });
}

/** `/dev/shm`, if it is there. */
export async function memoryDir(): Promise<string | undefined> {
  const dir = "/dev/shm";
  return await Deno.stat(dir).then((found) => found.isDirectory ? dir : undefined, () => undefined);
}

/** The version of workerd that is installed. */
export async function workerdVersion(): Promise<string> {
  for await (const { name } of Deno.readDir(new URL("../node_modules/.deno/", import.meta.url))) {
    const version = /^workerd@(.+)$/.exec(name)?.[1];
    if (version !== undefined) return version;
  }
  return "unknown";
}

async function ourWorker(entry: string | undefined) {
  const { workerOptions, main } = unstable_getMiniflareWorkerOptions(join(ROOT, "wrangler.toml"));
  if (main === undefined) {
    throw new Error("Cannot start as wrangler.toml must name the entry point in 'main'");
  }
  return {
    ...workerOptions,
    name: "shopfloor",
    modules: [await moduleOf(entry ?? main)],
    modulesRoot: dirname(entry ?? main),
    bindings: { ...workerOptions.bindings, SHOPFLOOR_ADMIN_TOKEN: ADMIN_TOKEN, HISTORY_URL: "" },
  };
}

async function moduleOf(entry: string) {
  const contents = bundles.get(entry) ?? await bundleWorker(entry);
  bundles.set(entry, contents);
  return { type: "ESModule" as const, path: join(dirname(entry), `${basename(entry, ".ts")}.mjs`), contents };
}

async function workerds(): Promise<readonly number[]> {
  const found = [];
  for (const pid of await treeOf(Deno.pid)) {
    const command = await Deno.readTextFile(`/proc/${pid}/comm`).catch(() => "");
    if (command.trim() === "workerd") found.push(pid);
  }
  return found;
}
