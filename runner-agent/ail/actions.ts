/** The commands over the process that they run in. */
import { agentGuideCommand } from "./agent_guide_command.ts";
import { runPermissionHook } from "./backend/permission_hooks.ts";
import type { Actions } from "./cli.ts";
import { deleteCommand } from "./delete_command.ts";
import { doctorCommand } from "./doctor_command.ts";
import type { Host } from "./host.ts";
import { initCommand } from "./init/init_command.ts";
import { logCommand } from "./log_command.ts";
import { logsCommand } from "./logs_command.ts";
import { materializeCommand } from "./materialize_command.ts";
import { runCommand } from "./run_command.ts";
import { specCommand } from "./spec_command.ts";
import { stdioCommand } from "./stdio_command.ts";
import { validateCommand } from "./validate_command.ts";

export function createActions(host: Host): Actions {
  return {
    run: (prompt, options) => runCommand(host, prompt, options),
    validate: (options) => validateCommand(host, options),
    materialize: (options) => materializeCommand(host, options),
    log: (runId, options) => logCommand(host, runId, options),
    logs: (options) => logsCommand(host, options),
    delete: (runId, options) => deleteCommand(host, runId, options),
    stdio: (options) => stdioCommand(host, options),
    spec: (options) => specCommand(host, options),
    init: (source, options) => initCommand(host, source, options),
    agentGuide: (format) => agentGuideCommand(host, format),
    doctor: (options) => doctorCommand(host, options),
    hook: async (kind, socketPath) => {
      const input = await host.readAll();
      host.out(`${await runPermissionHook(kind, socketPath, input)}\n`);
      return 0;
    },
    out: host.out,
    err: host.err,
  };
}
