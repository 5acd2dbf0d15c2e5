/** The Worker as one module, the way wrangler bundles it, from the entry point that wrangler.toml names. */
import { build } from "esbuild";

/**
 * Bundles `entryPath` for workerd; text files are imported as strings, as the rules in wrangler.toml say. Throws with
 * file and line when the code does not hang together.
 */
export async function bundleWorker(entryPath: string): Promise<string> {
  const result = await build({
    entryPoints: [entryPath],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    platform: "neutral",
    mainFields: ["workerd", "browser", "module", "main"],
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    loader: { ".sql": "text" },
    // As wrangler.toml says: a name kept is a property defined each time that a closure is made.
    keepNames: false,
    sourcemap: "inline",
    logLevel: "silent",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return result.outputFiles[0]!.text;
}
