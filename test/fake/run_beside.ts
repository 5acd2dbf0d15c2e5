/** A command and its services as in a sandbox, on this machine and with short times: `init.sh` and `run_services` for real. */
import { join } from "node:path";
import type { ServiceSpec } from "../../runner-agent/agent_ports.ts";
import { writeServiceFiles } from "../../runner-agent/sidecar/service_files.ts";

export const INIT = new URL("../../runner-agent/container/init.sh", import.meta.url).pathname;
const BIN = new URL("../../runner-agent/container/run_bin", import.meta.url).pathname;
const SHORT = {
  SHOPFLOOR_SERVICE_POLL_S: "0.02",
  SHOPFLOOR_SERVICE_BACKOFFS_S: "0.02 0.05 0.1",
  SHOPFLOOR_SERVICE_LIVENESS_S: "0.05",
  SHOPFLOOR_SERVICE_STOP_CS: "30",
  SHOPFLOOR_SERVICE_COMMAND_GRACE_S: "0.5",
};

export interface Ended {
  readonly code: number;
  readonly stderr: string;
  readonly stdout: string;
  readonly dir: string;
  read(name: string): Promise<string>;
}

/** Runs `script` beside the services as PID 1 would; `$DIR` is a directory that all share. */
export async function runBeside(
  services: readonly Partial<ServiceSpec>[],
  script: string,
  act: (dir: string, child: Deno.ChildProcess) => Promise<void> = () => Promise.resolve(),
  env: Record<string, string> = {},
): Promise<Ended> {
  const dir = await Deno.makeTempDir({ prefix: "shopfloor_services_" });
  const specs = services.map((one, n): ServiceSpec => ({
    name: `s${n}`,
    command: ["sleep", "100"],
    restart: "never",
    env: {},
    readyCheck: null,
    isRequired: false,
    ...one,
  }));
  await writeServiceFiles(join(dir, "services"), specs);
  const child = new Deno.Command("/bin/sh", {
    args: [INIT, "--", "sh", "-c", script],
    env: {
      DIR: dir,
      SHOPFLOOR_BIN_DIR: BIN,
      SHOPFLOOR_SERVICES_DIR: join(dir, "services"),
      SHOPFLOOR_SERVICES_STATE: join(dir, "state"),
      // Nobody serves there.
      SHOPFLOOR_HUB: "127.0.0.1:9",
      ...SHORT,
      ...env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // TERM ends it in order; a test that gets here has failed.
  const endMs = 30_000;
  const timer = setTimeout(() => child.kill("SIGTERM"), endMs);
  await act(dir, child);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  const decoder = new TextDecoder();
  const read = (name: string) => Deno.readTextFile(join(dir, name)).catch(() => "");
  return { code, dir, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr), read };
}
