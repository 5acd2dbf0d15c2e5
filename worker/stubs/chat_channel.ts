/** Typed RPC to the chat of a job. No logic. */
import type { ChatChannelApi } from "../domain/chat_api.ts";
import type { Env } from "../env.ts";

/** The channel of a job of a project. */
export function chatChannel(
  env: Pick<Env, "CHAT_CHANNEL">,
  at: { readonly owner: string; readonly project: string },
  jobId: string,
): ChatChannelApi {
  return env.CHAT_CHANNEL.getByName(`${at.owner}/${at.project}/${jobId}`) as unknown as ChatChannelApi;
}
