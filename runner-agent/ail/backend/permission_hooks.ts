/**
 * What the hidden subcommands `ask-user-hook` and `check-permission-hook` do: Claude Code starts them before each tool, and
 * reads what they print (Pipeline r02). They always succeed: a hook that fails is ignored by Claude Code.
 */
import {
  type HookKind,
  hookOutput,
  needsNoAnswer,
  readAnswerLine,
  readHookInput,
  type ToolWish,
  type WishAnswer,
  wishLine,
} from "../../pipeline/backend_permission.ts";
import { readLine, writeAll } from "./socket_line.ts";

/**
 * @param kind `ask` for `ask-user-hook`, `check` for `check-permission-hook`.
 * @param socketPath `--socket`.
 * @param input All of standard input.
 * @returns The text for standard output, without a line end. The exit code is 0.
 */
export async function runPermissionHook(kind: HookKind, socketPath: string, input: string): Promise<string> {
  const wish = readHookInput(input);
  if (wish === null || needsNoAnswer(kind, wish)) return hookOutput(kind, wish, null);
  return hookOutput(kind, wish, await askRun(socketPath, wish));
}

/** Null when the run cannot be reached, or does not answer. */
async function askRun(path: string, wish: ToolWish): Promise<WishAnswer | null> {
  try {
    using connection = await Deno.connect({ transport: "unix", path });
    await writeAll(connection, `${wishLine(wish)}\n`);
    const line = await readLine(connection);
    return line === null ? null : readAnswerLine(line);
  } catch {
    // Whatever it was: the hook denies and says that the bridge failed.
    return null;
  }
}
