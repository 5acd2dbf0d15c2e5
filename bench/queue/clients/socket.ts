/** Opens WebSockets for the load, with a token where one is needed. */

/** Resolves when the socket is open; `url` is `http://...`. */
export async function openSocket(url: string, token?: string): Promise<WebSocket> {
  const headers = new Headers(token === undefined ? [] : [["authorization", `Bearer ${token}`]]);
  const socket = new WebSocket(url.replace(/^http/, "ws"), { headers });
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("Cannot open a WebSocket as the server must take it"));
  });
  return socket;
}
