/**
 * Below the range from which the system takes the ports of outgoing connections: any connection of this machine could
 * otherwise be given the port before its user listens.
 */
const FIRST_PORT = 20_000;
const PORT_COUNT = 10_000;
const TRIES_MAX = 100;

/** A port of 127.0.0.1 that was free a moment ago. Another process may take it before its user listens. */
export function freePort(): number {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(
    `Cannot find a free port from ${FIRST_PORT} to ${FIRST_PORT + PORT_COUNT - 1} in ${TRIES_MAX} tries`,
  );
}
