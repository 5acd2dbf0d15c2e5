/** Asks the agent CLI of an image for its version, in a sandbox as sealed as a job's. */
import type { SessionHarness } from "../agent_ports.ts";
import { versionIn } from "../domain/agent/capability.ts";
import { AGENT_HOME } from "../harness/mod.ts";
import { probeSpec } from "../job/probe_spec.ts";
import { ABILITY_PROBE_MAX_MS, PROBE_VERSION_MAX_BYTES } from "../limits.ts";
import type { ContainerRuntime } from "../ports.ts";

export interface CliVersion {
  /** Null: it says none. */
  readonly version: string | null;
  /** What it said, or how it ended. */
  readonly said: string;
}

/** Rejects for what is no fault of the CLI: no image, no sandbox. */
export async function readCliVersion(
  runtime: Pick<ContainerRuntime, "create" | "start" | "output" | "wait" | "remove">,
  image: string,
  harness: Pick<SessionHarness, "name" | "versionProbe">,
): Promise<CliVersion> {
  const { containerId } = await runtime.create(
    probeSpec(harness.name, image, harness.versionProbe, { HOME: AGENT_HOME }),
  );
  try {
    await runtime.start(containerId);
    const signal = AbortSignal.timeout(ABILITY_PROBE_MAX_MS);
    let text = "";
    await runtime.output(containerId, (_stream, bytes) => {
      if (text.length < PROBE_VERSION_MAX_BYTES) text += new TextDecoder().decode(bytes);
    }, signal);
    const { exitCode } = await runtime.wait(containerId, signal);
    const said = text.trim().slice(0, PROBE_VERSION_MAX_BYTES);
    return exitCode === 0
      ? { version: versionIn(said), said }
      : { version: null, said: `exit code ${exitCode}: ${said}` };
  } finally {
    await runtime.remove(containerId);
  }
}
