/** The hidden subcommands of the pipeline command line, alone: what Claude Code starts as its hooks. */
import { HOOK_COMMANDS, type HookKind } from "../../runner-agent/pipeline/backend_permission.ts";
import { runPermissionHook } from "../../runner-agent/ail/backend/permission_hooks.ts";

const [command, option, socketPath] = Deno.args;
const kind = (Object.keys(HOOK_COMMANDS) as HookKind[]).find((one) => HOOK_COMMANDS[one] === command);
if (kind === undefined || option !== "--socket" || socketPath === undefined) {
  throw new TypeError(`Cannot be a hook as it must have a command and --socket: ${Deno.args.join(" ")}`);
}
const input = await new Response(Deno.stdin.readable).text();
console.log(await runPermissionHook(kind, socketPath, input));
