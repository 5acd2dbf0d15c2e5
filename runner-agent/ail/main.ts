/** The pipeline language's command: arguments, environment and streams of this process (Pipeline 3.1). */
import { createActions } from "./actions.ts";
import { runCommandLine } from "./cli.ts";
import { type Host, readLines, writeText } from "./host.ts";

// A task runs in the folder of its configuration: it says here where it was called.
const folder = Deno.env.get("AIL_CWD");
if (folder !== undefined && folder !== "") Deno.chdir(folder);
Deno.env.delete("AIL_CWD");

let isReaderGone = false;
let lines: AsyncIterableIterator<string> | null = null;
const environment = Deno.env.toObject();
const host: Host = {
  cwd: Deno.cwd(),
  home: environment["HOME"] ?? Deno.cwd(),
  environment,
  isStdinTerminal: Deno.stdin.isTerminal() && Deno.stderr.isTerminal(),
  isStdoutTerminal: Deno.stdout.isTerminal(),
  out: (text) => write(Deno.stdout, text),
  err: (text) => write(Deno.stderr, text),
  lines: () => lines ??= readLines(Deno.stdin.readable),
  readAll: () => new Response(Deno.stdin.readable).text(),
};

/** A reader that has gone away wants no more: a run is ended in good order, anything else at once. */
function write(target: typeof Deno.stdout | typeof Deno.stderr, text: string): void {
  if (isReaderGone) return;
  try {
    writeText(target, text);
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    isReaderGone = true;
    Deno.kill(Deno.pid, "SIGTERM");
  }
}

const code = await runCommandLine(Deno.args, createActions(host));
// Standard input may still be read: the end does not wait for it.
Deno.exit(code);
