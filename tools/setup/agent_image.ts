/**
 * The image in which a harness runs: built once per content, found by its tag afterwards.
 *
 * - A1 The tag is a hash of everything that goes in (base, programs of this machine, versions, these files): the same
 *   inputs find the image, others build another.
 * - A2 A new image has run once, hardened like a sandbox, before it gets its name.
 * - A3 One build at a time per data directory; who waited finds the image.
 */

import type { HarnessName } from "../../runner-agent/ports.ts";
import { addLibraries, buildClosure, closureInputs } from "./closure.ts";
import { addHarnessFiles, npmSpecs, smokeLine } from "./harness_files.ts";
import { chooseBase, forgetRegistry } from "./image_base.ts";
import { sealedRunArgs } from "./podman_probe.ts";
import type { PodmanSettings } from "./podman_settings.ts";
import { mustRun, runCommand } from "./run_command.ts";

const BUILD_TIMEOUT_MS = 900_000;
const CONTAINERFILE = new URL("./Containerfile", import.meta.url);
/** The files that decide what goes in. */
const RECIPE = ["./Containerfile", "./agent_image.ts", "./closure.ts", "./harness_files.ts"];
const LABEL = "shopfloor.content";

/** An image that is ready. */
export interface AgentImage {
  readonly image: string;
  readonly sizeBytes: number;
  readonly wasBuilt: boolean;
}

/** What to build for. */
export interface AgentImageRequest {
  readonly harness: HarnessName;
  readonly dataDir: string;
  readonly settings: PodmanSettings;
  /** Told what takes long. */
  readonly say?: (line: string) => void;
}

/** Finds the image of a harness or builds it. */
export async function ensureAgentImage(request: AgentImageRequest): Promise<AgentImage> {
  const base = await chooseBase(request.dataDir, Date.now());
  if (base !== null) {
    try {
      return await ensureFrom(base, request);
    } catch (error) {
      if ((Deno.env.get("SHOPFLOOR_IMAGE_BASE") ?? "") !== "") throw error; // named by the user: never replaced in silence
      say(
        request,
        `the public base image could not be built on, using this machine's programs: ${
          (error as Error).message
        }`,
      );
      await forgetRegistry(request.dataDir, Date.now());
    }
  }
  return await ensureFrom(null, request);
}

async function ensureFrom(base: string | null, request: AgentImageRequest): Promise<AgentImage> {
  const hash = await contentHash(base, request.harness);
  const image = `localhost/shopfloor-agent-${request.harness}:${hash}`;
  const existing = await imageSize(request.settings, image);
  if (existing !== null) return { image, sizeBytes: existing, wasBuilt: false };
  using lock = await Deno.open(`${request.dataDir}/podman/build.lock`, { create: true, write: true });
  await lock.lock(true);
  const builtMeanwhile = await imageSize(request.settings, image);
  if (builtMeanwhile !== null) return { image, sizeBytes: builtMeanwhile, wasBuilt: false };
  return await build(base, hash, image, request);
}

/** Called by the holder of the lock (A3). */
async function build(
  base: string | null,
  hash: string,
  image: string,
  request: AgentImageRequest,
): Promise<AgentImage> {
  const { harness, settings } = request;

  say(
    request,
    `building the ${harness} image ${base === null ? "from this machine's programs" : `on ${base}`}`,
  );
  const dir = await Deno.makeTempDir({ dir: `${request.dataDir}/podman`, prefix: "image-" });
  const building = `localhost/shopfloor-building:${crypto.randomUUID()}`;
  try {
    const programs = await addHarnessFiles(`${dir}/files`, harness);
    if (base === null) await importClosure(programs, dir, building, hash, settings);
    else await buildOnBase(base, dir, building, hash, settings);
    await podman(settings, "run the new image", [
      ...sealedRunArgs(settings),
      ...[building, "/bin/sh", "-c", smokeLine(harness)],
    ]);
    await podman(settings, "name the new image", ["tag", building, image]);
  } finally {
    // Also of a build that failed; there may be none.
    await runCommand(settings.podmanPath, [...settings.globalArgs, "untag", building, building], {
      env: settings.env,
    });
    await Deno.remove(dir, { recursive: true });
  }
  const sizeBytes = await imageSize(settings, image);
  if (sizeBytes === null) {
    throw new Error(`Cannot use ${image} as Podman must know it: current value is missing`);
  }
  await dropOlder(settings, image);
  say(request, `${image}: ${Math.round(sizeBytes / 1_000_000)} MB`);
  return { image, sizeBytes, wasBuilt: true };
}

/** The image from the closure: two archives, because the agent's directories have another owner (as does no user). */
async function importClosure(
  programs: readonly string[],
  dir: string,
  image: string,
  hash: string,
  settings: PodmanSettings,
): Promise<void> {
  const [root, owned, archive] = [`${dir}/files`, `${dir}/owned`, `${dir}/image.tar`];
  await buildClosure(root);
  await addLibraries(root, programs);
  for (const folder of ["home/agent", "workspace"]) {
    await Deno.mkdir(`${owned}/${folder}`, { recursive: true });
    // runc gives a tmpfs the mode of the directory below it, not the one that was asked for.
    await Deno.chmod(`${owned}/home/agent`, 0o1777);
  }
  await mustRun("pack the image", "tar", [
    "-C",
    root,
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "-cf",
    archive,
    ".",
  ]);
  await mustRun("pack the agent's home", "tar", [
    "-C",
    owned,
    "--owner=1000",
    "--group=1000",
    "--numeric-owner",
    "-rf",
    archive,
    "home/agent",
    "workspace",
  ]);
  const changes = [
    `LABEL ${LABEL}=${hash}`,
    "ENV PATH=/usr/local/bin:/usr/bin:/bin",
    "ENV HOME=/home/agent",
    "ENV LANG=C.UTF-8",
    "USER 1000:1000",
    "WORKDIR /workspace",
  ];
  await podman(settings, "import the image", [
    "import",
    "--quiet",
    ...changes.flatMap((change) => ["--change", change]),
    archive,
    image,
  ]);
}

async function buildOnBase(
  base: string,
  dir: string,
  image: string,
  hash: string,
  settings: PodmanSettings,
): Promise<void> {
  // The host's network: apt must reach its mirror, and a bridge needs more of the machine than we do.
  await podman(settings, "build the image", [
    ...["build", "--network", "host", "--build-arg", `BASE=${base}`, "--label", `${LABEL}=${hash}`],
    ...["--tag", image, "--file", CONTAINERFILE.pathname, dir],
  ]);
}

async function contentHash(base: string | null, harness: HarnessName): Promise<string> {
  const inputs = {
    recipe: await Promise.all(RECIPE.map((file) => Deno.readTextFile(new URL(file, import.meta.url)))),
    base,
    programs: base === null ? await closureInputs() : null,
    deno: Deno.version.deno,
    npm: npmSpecs(harness),
  };
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(inputs)));
  return new Uint8Array(digest).toHex().slice(0, 16);
}

async function imageSize(settings: PodmanSettings, image: string): Promise<number | null> {
  const args = [...settings.globalArgs, "image", "inspect", "--format", "{{.Size}}", image];
  const result = await runCommand(settings.podmanPath, args, { env: settings.env });
  return result.code === 0 ? Number(result.stdout.trim()) : null;
}

/** Older images of the same harness and those without a name only fill the disk; one that a container still uses stays until the next time. */
async function dropOlder(settings: PodmanSettings, image: string): Promise<void> {
  const repository = image.slice(0, image.lastIndexOf(":"));
  const listed = await podman(settings, "list images", [
    "images",
    "--format",
    "{{.Repository}}:{{.Tag}}",
    repository,
  ]);
  const older = listed.split("\n").filter((name) => name !== "" && name !== image);
  for (const command of [...older.map((name) => ["rmi", name]), ["image", "prune", "--force"]]) {
    await runCommand(settings.podmanPath, [...settings.globalArgs, ...command], { env: settings.env });
  }
}

function podman(settings: PodmanSettings, action: string, args: readonly string[]): Promise<string> {
  return mustRun(action, settings.podmanPath, [...settings.globalArgs, ...args], {
    env: settings.env,
    timeoutMs: BUILD_TIMEOUT_MS,
  });
}

function say(request: AgentImageRequest, line: string): void {
  (request.say ?? ((text) => console.log(`[setup] ${text}`)))(line);
}
