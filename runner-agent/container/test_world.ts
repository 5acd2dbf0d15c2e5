/** What the tests of the drivers share: a real clock, specs, and texts in a directory. Not imported by the program. */

import type { Clock, ContainerSpec } from "../ports.ts";
import { type CommandScript, shellCommand } from "./container_contract.ts";

/** The machine's clock. */
export const realClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal!.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, ms);
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
};

/** A spec with nothing special; tests override what they are about. */
export function plainSpec(overrides: Partial<ContainerSpec> = {}): ContainerSpec {
  const runId = `run-${crypto.randomUUID()}`;
  return {
    runId,
    jobId: `job-${runId}`,
    attempt: 1,
    image: "localhost/none:1",
    command: ["true"],
    env: {},
    workDir: "/workspace",
    mounts: [],
    limits: { memoryBytes: 256 * 1024 * 1024, pids: 128, cpus: 1 },
    tmpfs: { "/tmp": 16 * 1024 * 1024, "/home/agent": 16 * 1024 * 1024 },
    forwards: {},
    networkProfile: "proxy_only",
    shadows: [],
    ...overrides,
  };
}

/** A spec whose command is a shell that plays the script, its texts mounted at `/texts`. */
export function shellSpec(
  baseDir: string,
  script: CommandScript,
  textDir: (hostDir: string) => string,
  image: string,
): ContainerSpec {
  const hostDir = Deno.makeTempDirSync({ dir: baseDir });
  Deno.chmodSync(hostDir, 0o755);
  Deno.writeTextFileSync(`${hostDir}/stdout`, script.stdout ?? "");
  Deno.writeTextFileSync(`${hostDir}/stderr`, script.stderr ?? "");
  const work = `${hostDir}/work`;
  Deno.mkdirSync(work);
  return plainSpec({
    image,
    command: shellCommand(script, textDir(hostDir)),
    mounts: [
      { source: hostDir, target: "/texts", isReadOnly: true },
      { source: work, target: "/workspace", isReadOnly: false },
    ],
  });
}

/** A spec whose work directory goes away between its creation and its start. */
export function unstartableSpec(
  baseDir: string,
  image: string,
): { readonly spec: ContainerSpec; breakIt(): void } {
  const work = Deno.makeTempDirSync({ dir: baseDir });
  const mounts = [{ source: work, target: "/workspace", isReadOnly: false }];
  return { spec: plainSpec({ image, mounts }), breakIt: () => Deno.removeSync(work) };
}
