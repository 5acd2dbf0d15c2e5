/** The channels by which people answer, by their name in the path. */
import { type ChannelEnv, readChannels } from "./config.ts";
import { createGitHub } from "./github.ts";
import type { ChannelKind, InboundChannel } from "./inbound.ts";
import { createSignedWebhook } from "./signed_webhook.ts";
import { createSlack } from "./slack.ts";

/** Null: there is no channel of this name. */
export function inboundChannel(env: ChannelEnv, kind: string): InboundChannel | null {
  const makers: Readonly<Record<ChannelKind, () => InboundChannel>> = {
    webhook: () => createSignedWebhook(readChannels(env).webhook),
    slack: () => createSlack(readChannels(env)),
    github: () => createGitHub(readChannels(env)),
  };
  return Object.hasOwn(makers, kind) ? makers[kind as ChannelKind]() : null;
}
