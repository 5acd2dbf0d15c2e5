/**
 * The run's side of Claude Code's permission hooks: a unix socket and a settings file of one call, in a directory that only
 * its owner can open (Pipeline r02).
 *
 * 1. One line in, one line out, one connection for each wish; wishes are asked one after the other.
 * 2. When it is closed, nothing is left on the disk and no connection is open.
 */
import { join } from "node:path";
import {
  answerLine,
  displayDetail,
  hookSettings,
  readWishLine,
  shownInput,
} from "../../pipeline/backend_permission.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { CallSurroundings } from "../ports.ts";
import { createPermissionDesk } from "./invoke_within.ts";
import { readLine, writeAll } from "./socket_line.ts";

export interface PermissionBridge extends AsyncDisposable {
  readonly socketPath: string;
  readonly settingsPath: string;
}

/**
 * @param ail The words that start this program's command line.
 * @returns A sentence when the temporary directory is not there, full, or too deep for a socket's name.
 */
export async function openPermissionBridge(
  ail: readonly string[],
  surroundings: CallSurroundings,
): Promise<Result<PermissionBridge, string>> {
  let directory: string | null = null;
  try {
    directory = await Deno.makeTempDir({ prefix: "ail-perm-" });
    return ok(await openBridgeIn(directory, ail, surroundings));
  } catch (error) {
    if (directory !== null) await Deno.remove(directory, { recursive: true });
    return err(`cannot open the socket for permissions: ${(error as Error).message}`);
  }
}

async function openBridgeIn(
  directory: string,
  ail: readonly string[],
  surroundings: CallSurroundings,
): Promise<PermissionBridge> {
  const socketPath = join(directory, "ail-perm.sock");
  const settingsPath = join(directory, "settings.json");
  const desk = createPermissionDesk(surroundings);
  const open = new Set<Deno.Conn>();
  await Deno.writeTextFile(settingsPath, hookSettings(ail, socketPath), { mode: 0o600 });
  const listener = Deno.listen({ transport: "unix", path: socketPath });

  async function answer(connection: Deno.Conn): Promise<void> {
    const line = await readLine(connection);
    const wish = line === null ? null : readWishLine(line);
    // Who says nothing that can be read gets no answer, and refuses by itself.
    if (wish === null) return;
    const toolInput = shownInput(wish);
    const given = await desk({
      displayName: wish.toolName,
      displayDetail: displayDetail(toolInput),
      toolInput,
    });
    await writeAll(connection, `${answerLine(given, { ...wish, toolInput })}\n`);
  }

  async function serve(connection: Deno.Conn): Promise<void> {
    open.add(connection);
    try {
      await answer(connection);
    } catch (error) {
      if (!isConnectionFault(error)) throw error;
    } finally {
      if (open.delete(connection)) connection.close();
    }
  }

  const serving: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const connection of listener) serving.push(serve(connection));
  })();
  return {
    socketPath,
    settingsPath,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) connection.close();
      open.clear();
      await accepting;
      // A wish that people still look at is not waited for.
      for (const one of serving) void one.catch(() => {});
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** The hook is gone, or we have closed. */
function isConnectionFault(error: unknown): boolean {
  return [
    Deno.errors.BadResource,
    Deno.errors.BrokenPipe,
    Deno.errors.ConnectionReset,
    Deno.errors.Interrupted,
    Deno.errors.NotConnected,
  ].some((kind) => error instanceof kind);
}
