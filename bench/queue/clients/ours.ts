/** Our own side of the queue bench, by transport: `http`, `socket`, or `mixed` (cards by HTTP, work by WebSocket). */
import { runDriver } from "../driver.ts";
import { createHttpClient } from "./http.ts";
import { createSocketClient } from "./socket_client.ts";

await runDriver((share) => share.system === "http" ? createHttpClient(share) : createSocketClient(share));
