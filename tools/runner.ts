/**
 * `deno task runner COMMAND`: the runner's own command line. For `run`, `doctor`, `gc`, `harness` and `attach` it first
 * prepares what this machine needs (programs, Podman's settings and service, the image), unless `--podman-socket` names a service
 * or `--runtime process` asks for none.
 */
import { repositoryPath } from "./local/paths.ts";
import { runnerCommand } from "./local/runner.ts";
import { HARNESSES, prepareSandbox, type Sandbox } from "./local/sandbox.ts";

const SANDBOX_DATA = repositoryPath(".shopfloor");

const sandbox = needsSandbox(Deno.args) ? await prepare(Deno.args) : null;
const [program, ...args] = runnerCommand([
  ...Deno.args,
  ...(sandbox === null ? [] : addedArgs(Deno.args, sandbox)),
]);
const child = new Deno.Command(program!, { args, cwd: Deno.env.get("INIT_CWD") ?? Deno.cwd() }).spawn();
// Ctrl-C reaches the runner by itself; we only wait for it to end in order. SIGTERM comes to us alone.
Deno.addSignalListener("SIGINT", () => {});
Deno.addSignalListener("SIGTERM", () => child.kill("SIGTERM"));
const { code } = await child.status;
await sandbox?.stop();
Deno.exit(code);

function needsSandbox(given: readonly string[]): boolean {
  if (!["run", "doctor", "gc", "harness", "attach"].includes(given[0] ?? "")) return false;
  if (given.includes("--help") || given.includes("-h")) return false;
  return optionOf(given, "--podman-socket") === null && optionOf(given, "--runtime") !== "process";
}

async function prepare(given: readonly string[]): Promise<Sandbox | null> {
  const named = given[0] === "harness" ? given[2] : optionOf(given, "--harness");
  const harness = HARNESSES.find((name) => name === named) ?? "command";
  try {
    return await prepareSandbox({
      dataDir: SANDBOX_DATA,
      harness,
      say: (line) => console.error(`[setup] ${line}`),
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(error.message);
    // The doctor goes on, to say what else is wrong.
    if (given[0] === "doctor") return null;
    Deno.exit(1);
  }
}

/** What the person gave wins. */
function addedArgs(given: readonly string[], prepared: Sandbox): readonly string[] {
  return prepared.runnerArgs.filter((arg) => {
    const name = arg.split("=")[0]!;
    // What is attached to has its image already.
    if (given[0] === "attach" && name === "--image") return false;
    return optionOf(given, name) === null;
  });
}

/** The value of `--name VALUE` or `--name=VALUE`; "" for a flag; null when it is not there. */
function optionOf(given: readonly string[], name: string): string | null {
  const index = given.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  if (index < 0) return null;
  const arg = given[index]!;
  return arg === name ? given[index + 1] ?? "" : arg.slice(name.length + 1);
}
