/** TCP ports of this machine. */

const POLL_MS = 20;
const FREE_DEADLINE_MS = 5_000;

/** A port on 127.0.0.1 that is free now; `preferred` when it is. */
export function freePort(preferred?: number): number {
  if (preferred !== undefined && isFree(preferred)) return preferred;
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Can `port` on 127.0.0.1 be listened on? */
export function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

/** Resolves when `port` is free, after the process that held it was killed. */
export async function untilFree(port: number): Promise<void> {
  const endMs = performance.now() + FREE_DEADLINE_MS;
  while (!isFree(port)) {
    if (performance.now() > endMs) {
      throw new Error(`Cannot go on as port ${port} must be free: another program still listens there`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
