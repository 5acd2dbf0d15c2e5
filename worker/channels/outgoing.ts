/** The channels by which persons are told, as the Worker's variables have them. */
import type { NotificationChannel } from "../ports.ts";
import { type ChannelEnv, readChannels } from "./config.ts";
import { createGitHubNotices } from "./github_notice.ts";
import { createMailNotices } from "./mail_notice.ts";
import { createSlackNotices } from "./slack_notice.ts";

/** One of each kind; those that are off say so to who sends by them. */
export function createNotificationChannels(env: ChannelEnv): readonly NotificationChannel[] {
  const config = readChannels(env);
  return [
    createMailNotices(config.mail),
    createSlackNotices(config),
    createGitHubNotices(config.githubOutbound),
  ];
}
