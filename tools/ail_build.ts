/**
 * `deno task build`: the pipeline command as one bundled module with its launcher `dist/ail`; with `--compile` as a binary,
 * where Deno's runtime for it can be had (else it says so and exits 3).
 */
import { Command } from "commander";
import { build } from "esbuild";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MAIN = "runner-agent/ail/main.ts";
/** Beside the bundle as they are beside its source (`runner-agent/ail/assets.ts`). */
const ASSETS = ["runner-agent/ail/spec_text", "examples/ail_templates"];
const NOT_COMPILED = 3;

const program = new Command("deno task build")
  .description("Builds the pipeline command: dist/ail and dist/ail_files/.")
  .option("--out <dir>", "where to", "dist")
  .option("--compile", "as a binary of its own")
  .parse(Deno.args, { from: "user" });
const options = program.opts<{ readonly out: string; readonly compile?: boolean }>();

const out = resolve(ROOT, options.out);
const files = join(out, "ail_files");
await Deno.remove(files, { recursive: true }).catch((error) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
});
const module = join(files, MAIN.replace(/\.ts$/, ".js"));
await Deno.mkdir(dirname(module), { recursive: true });
await build({
  absWorkingDir: ROOT,
  entryPoints: [MAIN],
  outfile: module,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "esnext",
  // It loads a native library, which no bundle holds: Deno gets it.
  external: ["@libsql/client"],
  banner: {
    js:
      'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  legalComments: "none",
  logLevel: "warning",
});
for (const asset of ASSETS) await copyFolder(join(ROOT, asset), join(files, asset));
const { imports } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
await Deno.writeTextFile(
  join(files, "deno.json"),
  `${JSON.stringify({ imports: { "@libsql/client": imports["@libsql/client"] } }, null, 2)}\n`,
);
const launcher = join(out, "ail");
if (options.compile === true) await compile();
else await writeLauncher();
console.log(`built ${relative(ROOT, launcher)}`);

async function writeLauncher(): Promise<void> {
  const inside = `ail_files/${MAIN.replace(/\.ts$/, ".js")}`;
  await Deno.writeTextFile(
    launcher,
    `#!/bin/sh
# Runs the pipeline command wherever it is called; DENO names another Deno.
self=$(readlink -f -- "$0")
here=$(dirname -- "$self")
exec "\${DENO:-deno}" run -A --no-lock --node-modules-dir=none --config "$here/ail_files/deno.json" "$here/${inside}" "$@"
`,
  );
  await Deno.chmod(launcher, 0o755);
}

async function compile(): Promise<void> {
  const includes = ASSETS.flatMap((asset) => ["--include", join(files, asset)]);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "compile",
      "-A",
      "--no-check",
      "--no-lock",
      "--config",
      join(files, "deno.json"),
      ...includes,
      "--output",
      launcher,
      module,
    ],
    stdin: "null",
    stdout: "inherit",
    stderr: "piped",
  }).output();
  if (code === 0) return;
  console.error(new TextDecoder().decode(stderr).trimEnd());
  console.error(
    "Cannot compile as Deno's runtime for binaries must be downloaded: it is not reachable, or the build failed",
  );
  Deno.exit(NOT_COMPILED);
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory) await copyFolder(source, target);
    else await Deno.copyFile(source, target);
  }
}
