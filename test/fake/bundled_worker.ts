/**
 * Workers bundled once for a whole run of `deno task test`, as bundling is most of what a start in workerd costs.
 *
 * `tools/test.ts` names an empty folder in `SHOPFLOOR_TEST_BUNDLES`; whoever first wants a bundle makes it there. Test files
 * run one after the other, so nobody meets a bundle half made. Without the variable (`deno test FILE`) nothing is kept.
 */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorker } from "../../tools/local/bundle_worker.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/**
 * What wrangler puts around a Worker that it bundles for its own server, whose connections break where a refused body stays
 * unread: the rest of a request is read.
 */
const ENTRY = `import worker from "./main.js";
export * from "./main.js";
export default {
  ...worker,
  async fetch(request, env, ctx) {
    try {
      return await worker.fetch(request, env, ctx);
    } finally {
      if (request.body !== null && !request.bodyUsed) await request.body.pipeTo(new WritableStream()).catch(() => {});
    }
  },
};
`;

const FOLDER = Deno.env.get("SHOPFLOOR_TEST_BUNDLES") ?? "";

/**
 * The configuration of the whole Worker for `createTestHarness`: wrangler.toml, or a copy of it beside the very files that
 * `wrangler deploy` would upload.
 */
export async function workerConfigPath(): Promise<string> {
  if (FOLDER === "") return "wrangler.toml";
  const folder = join(FOLDER, "worker");
  const configPath = join(folder, "wrangler.toml");
  if (existsSync(configPath)) return configPath;
  const text = await Deno.readTextFile(join(ROOT, "wrangler.toml"));
  await wrangler("deploy", "--dry-run", `--outdir=${folder}`);
  const bundled = text.replace('main = "worker/main.ts"', 'main = "entry.js"\nno_bundle = true');
  if (bundled === text) throw new Error("Cannot use the bundle as wrangler.toml must name worker/main.ts");
  await Deno.writeTextFile(join(folder, "entry.js"), ENTRY);
  await Deno.writeTextFile(configPath, `${bundled}\n[[rules]]\ntype = "ESModule"\nglobs = ["*.js"]\n`);
  return configPath;
}

/** A fixture's Worker as one module. */
export async function bundledOnce(entryPath: string): Promise<string> {
  if (FOLDER === "") return await bundleWorker(entryPath);
  const path = keptPath(entryPath);
  if (existsSync(path)) return await Deno.readTextFile(path);
  const contents = await bundleWorker(entryPath);
  // A folder of its own: wrangler takes what lies beside it for a part of it.
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, contents);
  return contents;
}

/** The same for `createTestHarness`: the part of a configuration that says what to run. `entryPath` is from the root. */
export async function bundledMain(entryPath: string): Promise<{ main: string; no_bundle?: true }> {
  if (FOLDER === "") return { main: entryPath };
  await bundledOnce(join(ROOT, entryPath));
  return { main: keptPath(entryPath), no_bundle: true };
}

function keptPath(entryPath: string): string {
  const name = basename(entryPath, ".ts");
  return join(FOLDER, name, `${name}.mjs`);
}

async function wrangler(...args: readonly string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "wrangler", ...args],
    cwd: ROOT,
    stdin: "null",
  }).output();
  if (success) return;
  const decoder = new TextDecoder();
  throw new Error(
    `Cannot bundle the Worker as wrangler must do it: ${decoder.decode(stdout)}${decoder.decode(stderr)}`,
  );
}
