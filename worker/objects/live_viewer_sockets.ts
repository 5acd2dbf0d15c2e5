/** Sockets on which an operator of the reference would hear viewers talk: here nothing is said on them, in either direction. */
import { LIVE_VIEWERS_MAX } from "../limits.ts";

const TAG = "viewer";
const CLOSE_OLD = 4000;

/** Opens one; it sleeps with the object. The oldest go when there are too many. */
export function acceptViewer(ctx: DurableObjectState): Response {
  const [client, server] = Object.values(new WebSocketPair()) as [WebSocket, WebSocket];
  const known = ctx.getWebSockets(TAG);
  for (const old of known.slice(0, Math.max(0, known.length + 1 - LIVE_VIEWERS_MAX))) {
    old.close(CLOSE_OLD, "there are newer ones");
  }
  ctx.acceptWebSocket(server, [TAG]);
  return new Response(null, { status: 101, webSocket: client });
}

export function isViewer(ctx: DurableObjectState, socket: WebSocket): boolean {
  return ctx.getTags(socket).includes(TAG);
}
