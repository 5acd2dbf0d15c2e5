/** Typed RPC to a live session. No logic. */
import type { LiveSessionApi } from "../domain/session_api.ts";
import type { Env } from "../env.ts";

/** The live session with this id. */
export function liveSession(env: Pick<Env, "LIVE_SESSION">, sessionId: string): LiveSessionApi {
  return env.LIVE_SESSION.getByName(sessionId) as unknown as LiveSessionApi;
}
