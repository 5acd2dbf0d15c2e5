/** TCP ports of this machine. */

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
