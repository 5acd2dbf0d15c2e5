/** Podman as the tests use it: its service while the file runs, and runtimes that see nothing of each other. */
import { PodmanContainer } from "../../runner-agent/container/podman_container.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import type { HarnessName } from "../../runner-agent/ports.ts";
import { ensureAgentImage, ensurePodmanSettings, startPodmanService } from "../../tools/setup/mod.ts";

const dataDir = Deno.env.get("SHOPFLOOR_TEST_DATA") ?? new URL("../../.shopfloor", import.meta.url).pathname;
/** How Podman is called on this machine. */
export const settings = await ensurePodmanSettings(dataDir);
const service = await startPodmanService(settings);
globalThis.addEventListener("unload", () => void service.stop());

/** The image of a harness, built if it is not there. */
export async function imageOf(harness: HarnessName): Promise<string> {
  return (await ensureAgentImage({ harness, dataDir, settings })).image;
}

/** The options by which a runner's process finds this Podman. */
export function podmanOptions(): readonly string[] {
  return [
    "--podman-socket",
    service.socketPath,
    "--podman-first-host-id",
    String(settings.firstHostId),
    ...(settings.hasResourceLimits ? [] : ["--podman-no-limits"]),
  ];
}

/** A runtime whose logs are below `root`, which the sandbox's user may pass through to what is mounted. */
export async function openPodman(
  root: string,
  options: { readonly allowsOpenNetwork?: boolean; readonly hasResourceLimits?: boolean } = {},
): Promise<PodmanContainer> {
  await Deno.chmod(root, 0o711);
  const logDir = `${root}/logs`;
  await Deno.mkdir(logDir);
  return new PodmanContainer({
    ...settings,
    ...options,
    logDir,
    instance: `tests-${crypto.randomUUID()}`,
    socketPath: service.socketPath,
    clock: systemClock,
  });
}

/** Podman's API. */
export const { socketPath } = service;
