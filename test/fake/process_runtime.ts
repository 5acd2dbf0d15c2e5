/** Sandboxes of a rig's runner that are plain processes. Made anew, it is the runtime of a runner that starts again. */
import { join } from "node:path";
import { ProcessContainer } from "../../runner-agent/container/process_container.ts";
import { systemClock } from "../../runner-agent/job/system_clock.ts";
import type { RunnerRig } from "./runner_rig.ts";

export function openProcessRuntime(rig: RunnerRig): ProcessContainer {
  return new ProcessContainer({
    stateDir: join(rig.root, "processes"),
    instance: rig.registration.id,
    clock: systemClock,
    warn: () => {},
  });
}
