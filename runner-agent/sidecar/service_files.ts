/**
 * A sandbox's services as the files that `container/run_bin/run_services` reads: `NN-NAME/{command,env,restart,ready,required}`
 * below `/run/alp/services`, from the host and read-only inside.
 *
 * 1. What the shell sources is quoted here: nothing in a name, argument or value is ever read as shell.
 */
import { dirname, join } from "node:path";
import type { ReadyCheck, ServiceSpec } from "../agent_ports.ts";

/** Path below the directory of services -> text. */
export function serviceFiles(services: readonly ServiceSpec[]): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  services.forEach((service, n) => {
    const dir = `${String(n).padStart(2, "0")}-${service.name}`;
    files[`${dir}/command`] = `exec ${service.command.map(quoted).join(" ")}\n`;
    files[`${dir}/env`] = Object.entries(service.env).map(([name, value]) =>
      `export ${name}=${quoted(value)}\n`
    ).join("");
    files[`${dir}/restart`] = `${service.restart}\n`;
    if (service.readyCheck !== null) files[`${dir}/ready`] = `${checkWords(service.readyCheck)}\n`;
    if (service.isRequired) files[`${dir}/required`] = "";
  });
  return files;
}

/** Writes them anew; what was there is replaced. */
export async function writeServiceFiles(dir: string, services: readonly ServiceSpec[]): Promise<void> {
  await Deno.remove(dir, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(dir, { recursive: true, mode: 0o755 });
  for (const [path, text] of Object.entries(serviceFiles(services))) {
    const file = join(dir, path);
    await Deno.mkdir(dirname(file), { recursive: true, mode: 0o755 });
    await Deno.writeTextFile(file, text, { mode: 0o644 });
  }
}

/** One word for a POSIX shell, whatever is in it (invariant 1). */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function checkWords(check: ReadyCheck): string {
  switch (check.type) {
    case "tcp":
      return `${hundredths(check.timeoutMs)} tcp ${check.host} ${check.port}`;
    case "http": {
      const { hostname, port, pathname, search } = new URL(check.url);
      return `${hundredths(check.timeoutMs)} http ${hostname} ${
        port === "" ? 80 : port
      } ${pathname}${search}`;
    }
    case "delay":
      return `0 delay ${(check.delayMs / 1_000).toFixed(3)}`;
  }
}

function hundredths(ms: number): number {
  return Math.ceil(ms / 10);
}
