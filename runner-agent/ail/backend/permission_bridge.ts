/**
 * The run's side of agents' permission hooks: a unix socket of one call, in its directory, which only its owner can open
 * (Pipeline r02).
 *
 * 1. One line in, one line out, one connection for each wish; wishes are asked one after the other.
 * 2. When it is closed, its socket is gone and no connection is open.
 */
import { join } from "node:path";
import { answerLine, displayDetail, readWishLine, shownInput } from "../../pipeline/backend_permission.ts";
import { err, ok, type Result } from "../../../protocol/result.ts";
import type { CallSurroundings } from "../ports.ts";
import { createPermissionDesk } from "./invoke_within.ts";
import { readLine, writeAll } from "./socket_line.ts";

export interface PermissionBridge extends AsyncDisposable {
  readonly socketPath: string;
}

/**
 * @param directory The call's own.
 * @returns A sentence when the directory is not there, or too deep for a socket's name.
 */
export function openPermissionBridge(
  directory: string,
  surroundings: CallSurroundings,
): Result<PermissionBridge, string> {
  try {
    return ok(openBridgeIn(directory, surroundings));
  } catch (error) {
    return err(`cannot open the socket for permissions: ${(error as Error).message}`);
  }
}

function openBridgeIn(directory: string, surroundings: CallSurroundings): PermissionBridge {
  const socketPath = join(directory, "ail-perm.sock");
  const desk = createPermissionDesk(surroundings);
  const open = new Set<Deno.Conn>();
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
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const connection of open) connection.close();
      open.clear();
      await accepting;
      // A wish that people still look at is not waited for.
      for (const one of serving) void one.catch(() => {});
      await removeSocket(socketPath);
    },
  };
}

async function removeSocket(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
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
