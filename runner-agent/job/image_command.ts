/** `runner image pull|build|list`: the images that sandboxes are made of. Progress is on standard error, what came of it on standard output. */
import { AGENT_NAMES } from "../../protocol/line/agent_names.ts";
import type { Actions } from "../command_line.ts";
import { type HostFacts, readRunConfig, type RunConfig, type RunOptions } from "../config.ts";
import { PodmanClient } from "../container/podman_client.ts";
import { listAllImages, type OwnImage } from "../container/podman_image_list.ts";
import { sizeText } from "../domain/quantity_text.ts";
import type { ContainerRuntime } from "../ports.ts";
import { loadSettings } from "../settings/load_settings.ts";
import { systemClock } from "./system_clock.ts";
import { createRuntime } from "./wiring.ts";

/** Whose the sandboxes would be: images are nobody's. */
const INSTANCE = "image";
const ARG = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s;

export function imageActions(host: HostFacts): Pick<Actions, "pullImage" | "buildImage" | "listImages"> {
  return {
    async pullImage(name, options): Promise<void> {
      await withImages(host, options, async (runtime) => {
        await runtime.pullImage(name, progress);
        console.log(`pulled ${name} (${await runtime.imageId(name)})`);
      });
    },
    async buildImage(contextDir, options): Promise<void> {
      const buildArgs = buildArgsOf(options.buildArg ?? []);
      await withImages(host, options, async (runtime) => {
        const { tag: name, file: containerfile } = options;
        await runtime.buildImage({ name, contextDir, containerfile, buildArgs, labels: {} }, progress);
        console.log(`built ${name} (${await runtime.imageId(name)})`);
      });
    },
    async listImages(options): Promise<void> {
      const config = await configOf(host, options);
      const podman = new PodmanClient(config.podman.socketPath);
      try {
        const images = await listAllImages(podman);
        const wanted = wantedImages(config.image);
        if (options.json === true) {
          console.log(
            JSON.stringify(images.map((one) => ({ ...one, isUsed: wanted.has(one.name) })), null, 2),
          );
        } else if (images.length === 0) console.log("no images: 'image pull' or 'image build' makes one");
        else for (const one of images) console.log(imageLine(one, wanted.has(one.name)));
      } finally {
        podman.close();
      }
    },
  };
}

/** One line for people. */
export function imageLine({ id, name, bytes, createdAtMs }: OwnImage, isUsed: boolean): string {
  const made = new Date(createdAtMs).toISOString().slice(0, 16).replace("T", " ");
  const short = id.replace(/^sha256:/, "").slice(0, 12);
  return [name === "" ? "(no name)" : name, short, sizeText(bytes), made, ...(isUsed ? ["used by runs"] : [])]
    .join("\t");
}

/** What `run` takes with the same settings, one for each agent. */
function wantedImages(image: string): ReadonlySet<string> {
  return new Set(AGENT_NAMES.map((name) => image.replaceAll("{harness}", name)));
}

/** `NAME=VALUE` each. */
export function buildArgsOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(pairs.map((pair) => {
    const [, name, value] = ARG.exec(pair) ?? [];
    if (name === undefined || value === undefined) {
      throw new RangeError(`Cannot build as --build-arg must be NAME=VALUE: current value is ${pair}`);
    }
    return [name, value];
  }));
}

async function withImages(
  host: HostFacts,
  options: RunOptions,
  act: (runtime: ContainerRuntime) => Promise<void>,
): Promise<void> {
  const config = await configOf(host, options);
  const runtime = createRuntime(config, INSTANCE, systemClock, (line) => console.error(line));
  try {
    await act(runtime);
  } catch (error) {
    // What Podman, the registry or the recipe say is for the person, not a fault of ours.
    throw new RangeError(error instanceof Error ? error.message : String(error));
  } finally {
    if ("close" in runtime && typeof runtime.close === "function") runtime.close();
  }
}

async function configOf(host: HostFacts, options: RunOptions): Promise<RunConfig> {
  const config = readRunConfig(options, host, await loadSettings(options.settings, host.env));
  if (config.runtime === "podman") return config;
  throw new RangeError(
    `Cannot look after images as the runtime must be podman: current value is ${config.runtime}`,
  );
}

function progress(line: string): void {
  // deno-lint-ignore no-control-regex
  console.error(line.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, " "));
}
