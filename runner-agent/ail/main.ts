/** The pipeline language's command: arguments, environment and streams of this process (Pipeline 3.1). */
import { agentGuideCommand } from "./agent_guide_command.ts";
import { runPermissionHook } from "./backend/permission_hooks.ts";
import { runCommandLine } from "./cli.ts";
import { deleteCommand } from "./delete_command.ts";
import { doctorCommand } from "./doctor_command.ts";
import { type Host, readLines, writeText } from "./host.ts";
import { initCommand } from "./init/init_command.ts";
import { logCommand } from "./log_command.ts";
import { logsCommand } from "./logs_command.ts";
import { runCommand } from "./run_command.ts";
import { specCommand } from "./spec_command.ts";
import { stdioCommand } from "./stdio_command.ts";
import { validateCommand } from "./validate_command.ts";

// A task runs in the folder of its configuration: it says here where it was called.
const folder = Deno.env.get("AIL_CWD");
if (folder !== undefined && folder !== "") Deno.chdir(folder);
Deno.env.delete("AIL_CWD");

const environment = Deno.env.toObject();
const host: Host = {
  cwd: Deno.cwd(),
  home: environment["HOME"] ?? Deno.cwd(),
  environment,
  isStdinTerminal: Deno.stdin.isTerminal() && Deno.stderr.isTerminal(),
  isStdoutTerminal: Deno.stdout.isTerminal(),
  out: (text) => write(Deno.stdout, text),
  err: (text) => write(Deno.stderr, text),
  lines: () => readLines(Deno.stdin.readable),
};

/** A reader that has gone away wants no more: the command ends as by its signal. */
function write(target: typeof Deno.stdout | typeof Deno.stderr, text: string): void {
  try {
    writeText(target, text);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(141);
    throw error;
  }
}

const code = await runCommandLine(Deno.args, {
  run: (prompt, options) => runCommand(host, prompt, options),
  validate: (options) => validateCommand(host, options),
  log: (runId, options) => logCommand(host, runId, options),
  logs: (options) => logsCommand(host, options),
  delete: (runId, options) => deleteCommand(host, runId, options),
  stdio: (options) => stdioCommand(host, options),
  spec: (options) => specCommand(host, options),
  init: (source, options) => initCommand(host, source, options),
  agentGuide: (format) => agentGuideCommand(host, format),
  doctor: (options) => doctorCommand(host, options),
  hook: async (kind, socketPath) => {
    const input = await new Response(Deno.stdin.readable).text();
    host.out(`${await runPermissionHook(kind, socketPath, input)}\n`);
    return 0;
  },
  out: host.out,
  err: host.err,
});
// Standard input may still be read: the end does not wait for it.
Deno.exit(code);
