/**
 * The part of an agent image that is the same whatever its base: the deno binary that runs us, and for a harness a
 * pinned Node and the agent's CLI, both from npm.
 *
 * npm's install scripts do not run (`--ignore-scripts`): what claude and opencode do there, linking the binary of
 * their platform package, is one symbolic link here.
 */

import { CLI_PACKAGES } from "../../runner-agent/harness/cli_packages.ts";
import type { HarnessName } from "../../runner-agent/ports.ts";
import { findProgram } from "./programs.ts";
import { mustRun } from "./run_command.ts";

/** The npm package `node` ships one package per platform; this is the release that all images have. */
export const NODE_VERSION = "22.23.3";
const NPM_VERSION = "11.6.0";
/** Where npm's packages are in the image. */
const CLI_ROOT = "/opt/shopfloor/cli";
const INSTALL_TIMEOUT_MS = 600_000;

type Cli = Exclude<HarnessName, "command">;

/** The words of npm for this machine's processor. */
const ARCH = Deno.build.arch === "aarch64" ? "arm64" : "x64";

/** What is installed for a harness: npm specs. Part of the image's hash. */
export function npmSpecs(harness: HarnessName): string[] {
  if (harness === "command") return [];
  const cli = CLI_PACKAGES[harness];
  return [`node-linux-${ARCH}@${NODE_VERSION}`, `${cli.package}@${cli.version}`];
}

/** Fills `root` (`usr/local/bin`, `opt`) for a harness. Returns the programs whose libraries the image must have. */
export async function addHarnessFiles(root: string, harness: HarnessName): Promise<readonly string[]> {
  const bin = `${root}/usr/local/bin`;
  await Deno.mkdir(bin, { recursive: true });
  await Deno.copyFile(await Deno.realPath(Deno.execPath()), `${bin}/deno`);
  await Deno.chmod(`${bin}/deno`, 0o755);
  if (harness === "command") return [`${bin}/deno`];
  const prefix = `${root}${CLI_ROOT}`;
  await Deno.mkdir(prefix, { recursive: true });
  await Deno.writeTextFile(`${prefix}/package.json`, '{"private":true}\n');
  await npmInstall(prefix, npmSpecs(harness));
  const hasAvx2 = /\bavx2\b/.test(await Deno.readTextFile("/proc/cpuinfo").catch(() => ""));
  if (harness === "opencode" && ARCH === "x64") {
    // The package brings two builds of 170 MB each; one fits this processor.
    const unused = hasAvx2 ? "opencode-linux-x64-baseline" : "opencode-linux-x64";
    await Deno.remove(`${prefix}/node_modules/${unused}`, { recursive: true });
  }
  const node = `${CLI_ROOT}/node_modules/node-linux-${ARCH}/bin/node`;
  await Deno.symlink(node, `${bin}/node`);
  const entry = entryOf(harness, hasAvx2);
  await Deno.stat(`${prefix}/node_modules/${entry}`);
  await Deno.symlink(`${CLI_ROOT}/node_modules/${entry}`, `${bin}/${CLI_PACKAGES[harness].bin}`);
  return [`${bin}/deno`, `${root}${node}`, `${prefix}/node_modules/${entry}`];
}

/** A shell line that fails unless all that the image is for starts. */
export function smokeLine(harness: HarnessName): string {
  const cli = harness === "command" ? [] : ["node", CLI_PACKAGES[harness].bin];
  return ["git", "bash", "deno", ...cli].map((name) => `${name} --version`).concat("socat -V").join(" && ");
}

/** What the CLI's name links to, below `node_modules`. */
function entryOf(harness: Cli, hasAvx2: boolean): string {
  switch (harness) {
    case "claude":
      return `@anthropic-ai/claude-code-linux-${ARCH}/claude`;
    case "opencode":
      return `opencode-linux-${ARCH}${ARCH === "x64" && !hasAvx2 ? "-baseline" : ""}/bin/opencode`;
    case "codex":
    case "gemini":
      return `.bin/${CLI_PACKAGES[harness].bin}`;
  }
}

async function npmInstall(prefix: string, specs: readonly string[]): Promise<void> {
  const args = [
    "install",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--prefix",
    prefix,
    ...specs,
  ];
  const npm = await findProgram("npm");
  const [program, first] = npm === null
    ? [Deno.execPath(), ["run", "-A", `npm:npm@${NPM_VERSION}`]]
    : [npm, []];
  await mustRun(`install ${specs.join(" ")}`, program, [...first, ...args], {
    timeoutMs: INSTALL_TIMEOUT_MS,
    cwd: prefix,
  });
}
