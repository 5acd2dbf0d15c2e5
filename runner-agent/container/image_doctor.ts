/** Whether the image of the sandboxes is there and has what an agent needs, for `runner doctor`. Starts a sandbox that looks. */
import { ABILITY_PROBE_MAX_MS, SANDBOX_CPUS, SANDBOX_MEMORY_BYTES, SANDBOX_PIDS } from "../limits.ts";
import type { ContainerRuntime, DoctorLine } from "../ports.ts";

/** What goes without which program of the image. */
const NEEDS: Readonly<Record<string, string>> = {
  sh: "sandboxes",
  socat: "every way from a sandbox to the runner",
  git: "commits by agents",
  tmux: "agents in a terminal: messages, attach, suspend and resume",
};

/** Rejects for nothing: what goes wrong is a line. */
export async function imageDoctor(runtime: ContainerRuntime, image: string): Promise<readonly DoctorLine[]> {
  const disables = "runs with this image";
  try {
    if (!await runtime.hasImage(image)) {
      return [{ check: "image", isOk: false, detail: `${image} is not here: build or pull it`, disables }];
    }
    const found = new Set(await programsIn(runtime, image));
    return [
      { check: "image", isOk: true, detail: image },
      ...Object.entries(NEEDS).map(([name, without]): DoctorLine =>
        found.has(name) ? { check: `${name} in the image`, isOk: true, detail: "found" } : {
          check: `${name} in the image`,
          isOk: false,
          detail: "not found: add it to the image",
          disables: without,
        }
      ),
    ];
  } catch (error) {
    return [{ check: "image", isOk: false, detail: (error as Error).message, disables }];
  }
}

async function programsIn(runtime: ContainerRuntime, image: string): Promise<readonly string[]> {
  const { containerId } = await runtime.create({
    runId: `probe-doctor-${crypto.randomUUID()}`,
    jobId: "probe",
    attempt: 1,
    image,
    command: [
      "/bin/sh",
      "-c",
      'for name in "$@"; do command -v "$name" >/dev/null && echo "$name"; done; true',
      "look",
      ...Object.keys(NEEDS),
    ],
    env: {},
    workDir: "/tmp",
    mounts: [],
    limits: { memoryBytes: SANDBOX_MEMORY_BYTES, pids: SANDBOX_PIDS, cpus: SANDBOX_CPUS },
    tmpfs: {},
    forwards: {},
    networkProfile: "sealed",
    shadows: [],
  });
  try {
    await runtime.start(containerId);
    let text = "";
    await runtime.output(containerId, (stream, bytes) => {
      if (stream === "stdout") text += new TextDecoder().decode(bytes);
    }, AbortSignal.timeout(ABILITY_PROBE_MAX_MS));
    return text.split("\n").filter((name) => name !== "");
  } finally {
    await runtime.remove(containerId);
  }
}
