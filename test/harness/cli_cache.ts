/**
 * The real agent CLIs for tests, installed once with npm below `.shopfloor/test/cli/`, each in a directory named by
 * its version, next to the pinned Node that runs them (the machine's own may be too old).
 *
 * 1. A directory with its final name is complete: npm installs into a private name, which is renamed at the end. Two
 *    tests that install at once both succeed; the later one discards its copy.
 * 2. The first installation needs the npm registry; after it nothing here touches the network.
 */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CLI_PACKAGES, type CliPackage, NODE_PACKAGE } from "../../runner-agent/harness/cli_packages.ts";

const CACHE_DIR = fileURLToPath(new URL("../../.shopfloor/test/cli/", import.meta.url));

/**
 * Installs the CLI of a harness, and Node, unless they are there.
 *
 * @returns the directories that go in front of `PATH`.
 */
export async function installCli(name: keyof typeof CLI_PACKAGES): Promise<readonly string[]> {
  return [await installPackage(CLI_PACKAGES[name]), await installPackage(NODE_PACKAGE)];
}

/** Where a CLI would be (or is) installed. */
function packageDir(cli: CliPackage): string {
  return join(CACHE_DIR, `${cli.package.replaceAll(/[^a-z-]+/g, "_")}-${cli.version}`);
}

/** Installs one package and returns its `node_modules/.bin`. */
async function installPackage(cli: CliPackage): Promise<string> {
  const finalDir = packageDir(cli);
  const binDir = join(finalDir, "node_modules", ".bin");
  if (await exists(join(binDir, cli.bin))) return binDir;

  await Deno.mkdir(CACHE_DIR, { recursive: true });
  const privateDir = await Deno.makeTempDir({ dir: CACHE_DIR, prefix: "installing-" });
  try {
    await Deno.writeTextFile(join(privateDir, "package.json"), "{}");
    await npmInstall(privateDir, `${cli.package}@${cli.version}`);
    // Temporary directories are private; a sandbox runs the CLI as another user.
    await Deno.chmod(privateDir, 0o755);
    await Deno.rename(privateDir, finalDir);
  } catch (error) {
    await Deno.remove(privateDir, { recursive: true });
    if (!(await exists(join(binDir, cli.bin)))) throw error;
  }
  return binDir;
}

async function npmInstall(dir: string, spec: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("npm", {
    args: ["install", "--no-audit", "--no-fund", "--no-update-notifier", "--prefix", dir, spec],
    cwd: dirname(dir),
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(`Cannot install ${spec} as npm must succeed: ${new TextDecoder().decode(stderr)}`);
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
