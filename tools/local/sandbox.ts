/** Podman, ready for a runner: programs, settings, service and the image of a harness. */
import { AGENT_NAMES } from "../../protocol/line/agent_names.ts";
import type { HarnessName } from "../../runner-agent/ports.ts";
import { ensureAgentImage, ensurePodmanSettings, ensurePrograms, startPodmanService } from "../setup/mod.ts";

/** Agents whose images can be prepared here. */
export const HARNESSES: readonly HarnessName[] = AGENT_NAMES;

/** Harnesses whose images `deno task setup` builds ahead; the others are built when they are first asked for. */
export const PREPARED_HARNESSES: readonly HarnessName[] = ["command"];

export interface Sandbox {
  /** Podman's API. */
  readonly podmanSocket: string;
  /** Local name of the image. */
  readonly image: string;
  /** What `runner run` needs to use all this. */
  readonly runnerArgs: readonly string[];
  /** Stops Podman's service if we started it; containers live on. */
  stop(): Promise<void>;
}

/** Installs, finds or builds what is missing. The second time takes well under a second. */
export async function prepareSandbox(
  options: { readonly dataDir: string; readonly harness: HarnessName; readonly say: (line: string) => void },
): Promise<Sandbox> {
  const { dataDir, harness, say } = options;
  await Deno.mkdir(dataDir, { recursive: true });
  await ensurePrograms();
  const settings = await ensurePodmanSettings(dataDir);
  const service = await startPodmanService(settings);
  try {
    const { image, sizeBytes, wasBuilt } = await ensureAgentImage({ harness, dataDir, settings, say });
    if (wasBuilt) say(`built ${image}, ${(sizeBytes / 1e6).toFixed(0)} MB`);
    const runnerArgs = [
      `--podman-socket=${service.socketPath}`,
      `--podman-first-host-id=${settings.firstHostId}`,
      ...(settings.hasResourceLimits ? [] : ["--podman-no-limits"]),
      `--image=${image}`,
    ];
    return { podmanSocket: service.socketPath, image, runnerArgs, stop: () => service.stop() };
  } catch (error) {
    await service.stop();
    throw error;
  }
}
