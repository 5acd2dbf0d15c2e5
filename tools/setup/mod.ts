/**
 * Makes this machine ready for sandboxes.
 *
 * @example
 * ```ts
 * await ensurePrograms();
 * const settings = await ensurePodmanSettings(".shopfloor");
 * const service = await startPodmanService(settings);
 * const { image } = await ensureAgentImage({ harness: "command", dataDir: ".shopfloor", settings });
 * // new PodmanContainer({ ...settings, socketPath: service.socketPath, instance, clock })
 * ```
 */

export { ensurePrograms } from "./programs.ts";
export { ensurePodmanSettings, type PodmanSettings } from "./podman_settings.ts";
export { type PodmanService, startPodmanService } from "./podman_service.ts";
export { type AgentImage, ensureAgentImage } from "./agent_image.ts";
