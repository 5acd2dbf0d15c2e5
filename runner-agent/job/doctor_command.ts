/** `runner doctor`: what of this machine, its registrations and its agents works, and what each fault disables. */
import { type HostFacts, readRunConfig, type RunOptions } from "../config.ts";
import { hostDoctor } from "../container/host_doctor.ts";
import { imageDoctor } from "../container/image_doctor.ts";
import { checkHealth, createControlPlane } from "../control/control_plane.ts";
import { readRegistrations, type Registration } from "../control/registrations.ts";
import type { ContainerRuntime, DoctorLine } from "../ports.ts";
import { harnessDoctor } from "../probe/probe_command.ts";
import { loadSettings } from "../settings/load_settings.ts";
import { credentialDoctor } from "./credential_doctor.ts";
import { modelDoctor } from "./model_doctor.ts";
import { systemClock } from "./system_clock.ts";
import { createRuntime, openCredentials } from "./wiring.ts";

/** What a runner can do without. */
const OPTIONAL_CHECKS: ReadonlySet<string> = new Set([
  "limits",
  "isolation",
  "pause",
  "open network",
  "tmux in the image",
]);

/** Prints what works and what does not; 1 if a runner cannot do its work. */
export async function runDoctor(options: RunOptions, host: HostFacts): Promise<number> {
  const config = readRunConfig(options, host, await loadSettings(options.settings, host.env));
  const lines: DoctorLine[] = [];
  for (const one of await readRegistrations(config.dataDir)) {
    const health = await checkHealth(one.server);
    lines.push({
      check: `control plane of ${one.name}`,
      isOk: health.kind !== "unreachable",
      detail: health.kind !== "unreachable"
        ? `${one.server} answers`
        : `${one.server} does not answer: start it, or register again`,
      disables: "jobs of its project",
    });
    if (health.kind === "unreachable") continue;
    const listed = await controlPlaneOf(one).listRunners();
    lines.push({
      check: `token of ${one.name}`,
      isOk: listed.kind === "ok",
      detail: listed.kind === "ok" ? "accepted" : "not accepted: register again",
      disables: "jobs of its project",
    });
  }
  if (lines.length === 0) {
    lines.push({
      check: "registration",
      isOk: false,
      detail: `none in ${config.dataDir}: use 'register' first`,
      disables: "all jobs",
    });
  }
  const runtime = createRuntime(config, "doctor", systemClock, (line) => console.error(line));
  lines.push(
    ...await hostDoctor({
      uid: host.uid,
      dataDir: config.dataDir,
      diskMaxBytes: config.settings.values["limits.disk"],
    }),
    ...await runtime.doctor(),
  );
  const isThere = lines.every((line) => line.isOk || line.check !== "podman");
  if (runtime.name === "podman" && isThere) {
    lines.push(
      ...await imageDoctor(runtime, config.image.replaceAll("{harness}", config.harness ?? "command")),
    );
  }
  lines.push(
    ...await modelDoctor(host.env, systemClock),
    ...await credentialDoctor(config.credentials, openCredentials(config.credentials, host.env, systemClock)),
    ...await harnessDoctor(config.dataDir),
  );
  closeRuntime(runtime);
  for (const line of lines) console.log(doctorText(line));
  return lines.some((line) => !line.isOk && !isOptional(line)) ? 1 : 0;
}

const isOptional = ({ check }: DoctorLine) =>
  OPTIONAL_CHECKS.has(check) || ["agent ", "model of ", "credential "].some((kind) => check.startsWith(kind));

function doctorText(line: DoctorLine): string {
  const { check, isOk, detail, disables } = line;
  const sign = isOk ? "ok  " : isOptional(line) ? "warn" : "FAIL";
  return `${sign} ${check}: ${detail}${isOk || disables === undefined ? "" : ` (disables: ${disables})`}`;
}

/** The control plane of a registration, asked as its runner. */
export function controlPlaneOf(one: Registration) {
  return createControlPlane(
    { serverUrl: one.server, owner: one.owner, project: one.project },
    one.id,
    one.token,
  );
}

/** Lets go of what only some runtimes hold. */
export function closeRuntime(runtime: ContainerRuntime): void {
  if ("close" in runtime && typeof runtime.close === "function") runtime.close();
}
