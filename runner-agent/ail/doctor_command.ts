/** `ail doctor`: what works on this machine and what does not. */
import { Loader } from "./loader.ts";
import type { Host } from "./host.ts";
import { defaultBackendOf } from "./loader.ts";
import { openDatabase } from "./mirror.ts";

interface Check {
  readonly name: string;
  readonly isFine: boolean;
  readonly detail: string;
}

/** @returns 0 when runs are possible here. */
export async function doctorCommand(host: Host, options: { readonly json?: boolean }): Promise<number> {
  const checks = [
    await programCheck("shell", "/bin/sh", ["-c", "echo fine"], host),
    await programCheck("git", "git", ["--version"], host),
    await logCheck(host),
    await pipelineCheck(host),
    await backendCheck(host),
  ];
  if (options.json === true) {
    const shown = checks.map(({ name, isFine, detail }) => ({ name, ok: isFine, detail }));
    host.out(`${JSON.stringify({ checks: shown })}\n`);
  } else {
    for (const { name, isFine, detail } of checks) {
      host.out(`${isFine ? "✓" : "✗"} ${name.padEnd(10)} ${detail}\n`);
    }
  }
  return checks.every(({ isFine }) => isFine) ? 0 : 1;
}

async function programCheck(name: string, command: string, args: string[], host: Host): Promise<Check> {
  try {
    const output = await new Deno.Command(command, { args, cwd: host.cwd, stdin: "null" }).output();
    const said = new TextDecoder().decode(output.stdout).split("\n")[0]!;
    return { name, isFine: output.success, detail: said };
  } catch (error) {
    return { name, isFine: false, detail: (error as Error).message };
  }
}

async function logCheck(host: Host): Promise<Check> {
  const { paths } = await Loader.of(host);
  try {
    await Deno.mkdir(paths.runs, { recursive: true, mode: 0o700 });
    (await openDatabase(paths.database)).close();
    return { name: "log", isFine: true, detail: paths.directory };
  } catch (error) {
    return { name: "log", isFine: false, detail: (error as Error).message };
  }
}

async function pipelineCheck(host: Host): Promise<Check> {
  const found = await (await Loader.of(host)).find(null, null);
  const name = "pipeline";
  switch (found.kind) {
    case "loaded":
      return { name, isFine: true, detail: found.pipeline.source! };
    case "passthrough":
      return { name, isFine: true, detail: "none: prompts go to the agent as they are" };
    case "ambiguous":
      return { name, isFine: true, detail: `several: ${found.candidates.map((one) => one.name).join(", ")}` };
    case "faulty":
      return { name, isFine: false, detail: `${found.faults.length} faults: see ail validate` };
  }
}

/** Is the program of the default backend there? */
async function backendCheck(host: Host): Promise<Check> {
  const backend = defaultBackendOf(host.environment).toLowerCase();
  const name = "runner";
  const named = (variable: string) => host.environment[variable] || backend;
  const program = {
    claude: "claude",
    codex: named("AIL_CODEX_BIN"),
    gemini: named("AIL_GEMINI_BIN"),
    opencode: named("AIL_OPENCODE_BIN"),
  }[backend];
  if (program === undefined) return { name, isFine: true, detail: backend };
  const check = await programCheck(name, program, ["--version"], host);
  return { ...check, detail: check.isFine ? `${backend} ${check.detail}` : `${backend}: ${check.detail}` };
}
