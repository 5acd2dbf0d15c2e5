/** TCP ports of this machine. */

/**
 * Chosen below the range from which the system takes the ports of outgoing connections: while a server is down, a client
 * that keeps trying its port could otherwise be given that very port, and keep the server from coming back.
 */
const FIRST_PORT = 20_000;
const PORT_COUNT = 10_000;
const TRIES_MAX = 100;

/** A port on 127.0.0.1 that is free now; `preferred` when it is. */
export function freePort(preferred?: number): number {
  if (preferred !== undefined && isFree(preferred)) return preferred;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);
    if (isFree(port)) return port;
  }
  throw new Error(
    `Cannot find a free port from ${FIRST_PORT} to ${FIRST_PORT + PORT_COUNT - 1} in ${TRIES_MAX} tries`,
  );
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

const FREE_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 20;

/** Resolves with true once `port` is free: a server that was just killed holds it a moment longer. */
export async function becomesFree(port: number, withinMs = FREE_WITHIN_MS): Promise<boolean> {
  const deadlineMs = performance.now() + withinMs;
  while (!isFree(port)) {
    if (performance.now() > deadlineMs) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return true;
}
