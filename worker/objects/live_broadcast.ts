/** The object that knows the task of a broadcast: a `LiveSession` under a name that no session can have. */
import { broadcastName } from "../domain/broadcast_name.ts";
import type { LiveSessionApi, SessionHome } from "../domain/session_api.ts";
import type { Env } from "../env.ts";

/** Links a broadcast to the task that it shows now; the project that linked it first keeps it. */
export async function bindBroadcast(
  env: Pick<Env, "LIVE_SESSION">,
  home: SessionHome & { readonly broadcastId: string },
): Promise<void> {
  const place = env.LIVE_SESSION.getByName(broadcastName(home.broadcastId)) as unknown as LiveSessionApi;
  await place.bind({ ...home, broadcastId: null });
}
