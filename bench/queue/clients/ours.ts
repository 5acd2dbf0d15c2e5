/** Our own side of the queue bench, by transport: `http`, `socket`, or `mixed` (cards by HTTP, work by WebSocket). */
import { runDriver } from "../driver.ts";
import type { Share } from "../spec.ts";
import { createHttpClient } from "./http.ts";

await runDriver(async (share: Share) => {
  if (share.system === "http") return await createHttpClient(share);
  throw new Error(`Cannot drive ${share.system}`);
});
