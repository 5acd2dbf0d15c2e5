/** Makes this machine ready to run sandboxes for one agent: programs, Podman's settings and service, the image. */
import type { HarnessName } from "../../runner-agent/ports.ts";
import { ensureAgentImage, ensurePodmanSettings, ensurePrograms, startPodmanService } from "../setup/mod.ts";

export interface SandboxHost {
  /** Options for `runner run` and `runner doctor`. */
  readonly runnerOptions: readonly string[];
  readonly image: string;
  readonly imageBytes: number;
  stop(): Promise<void>;
}

/** Prepares everything; `say` is told what takes long. A second call on the same `dataDir` finds it all in place. */
export async function prepareSandboxHost(
  options: { readonly harness: HarnessName; readonly dataDir: string; readonly say: (line: string) => void },
): Promise<SandboxHost> {
  await ensurePrograms();
  await Deno.mkdir(options.dataDir, { recursive: true });
  const settings = await ensurePodmanSettings(options.dataDir);
  const { image, sizeBytes, wasBuilt } = await ensureAgentImage({ ...options, settings });
  if (wasBuilt) options.say(`image: built ${image}, ${(sizeBytes / 1024 ** 2).toFixed(0)} MB`);
  const service = await startPodmanService(settings);
  return {
    runnerOptions: [
      "--podman-socket",
      service.socketPath,
      "--podman-first-host-id",
      String(settings.firstHostId),
      ...(settings.hasResourceLimits ? [] : ["--podman-no-limits"]),
      "--image",
      image,
    ],
    image,
    imageBytes: sizeBytes,
    stop: () => service.stop(),
  };
}
