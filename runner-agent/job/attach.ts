/** A person's own terminal on an agent's: tmux in the sandbox, its keys and its screen passed through as they are. */
import type { ContainerRuntime } from "../ports.ts";
import { TMUX_SOCKET } from "./session_plan.ts";

const FALLBACK_SIZE = { cols: 200, rows: 50 };

/**
 * Returns with tmux's exit code when the person has detached (`Ctrl-b d`) or the session is over.
 *
 * @param isReadOnly Nothing that is typed reaches the agent; the session then ends as if nobody were attached.
 */
export async function attachTerminal(
  runtime: Pick<ContainerRuntime, "openTerminal">,
  containerId: string,
  isReadOnly: boolean,
): Promise<number> {
  const terminal = await runtime.openTerminal(containerId, attachArgv(isReadOnly), sizeNow());
  const isTerminal = Deno.stdin.isTerminal();
  const over = new AbortController();
  const onResize = () => void terminal.resize(sizeNow()).catch(() => {});
  if (isTerminal) {
    Deno.stdin.setRaw(true);
    Deno.addSignalListener("SIGWINCH", onResize);
  }
  try {
    // Typing ends with the terminal, and a terminal does not end with typing.
    Deno.stdin.readable.pipeTo(terminal.writable, { signal: over.signal, preventCancel: true }).catch(
      () => {},
    );
    for await (const bytes of terminal.readable) {
      for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    }
    return await terminal.exitCode;
  } finally {
    over.abort();
    if (isTerminal) {
      Deno.removeSignalListener("SIGWINCH", onResize);
      Deno.stdin.setRaw(false);
    }
    terminal.close();
  }
}

/** The program on the person's terminal. */
export function attachArgv(isReadOnly: boolean): readonly string[] {
  const argv = [
    "env",
    "TERM=xterm-256color",
    "tmux",
    "-u",
    "-S",
    TMUX_SOCKET,
    "attach-session",
    "-t",
    "agent",
  ];
  return isReadOnly ? [...argv, "-r"] : argv;
}

function sizeNow(): { readonly cols: number; readonly rows: number } {
  try {
    const { columns, rows } = Deno.consoleSize();
    return { cols: columns, rows };
  } catch {
    return FALLBACK_SIZE;
  }
}
