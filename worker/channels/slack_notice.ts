/** Notices in Slack: a message with buttons, and a link to the evidence. Its address is a person's or a channel's id. */
import type { NotificationChannel } from "../ports.ts";
import type { Notice } from "../ports.ts";
import type { ChannelConfig } from "./config.ts";
import { details, headline, isOver } from "./notice_text.ts";
import { failed, off, sent } from "./notice_result.ts";
import { callSlack } from "./slack.ts";
import { decisionButtons, section, slackText } from "./slack_blocks.ts";

export function createSlackNotices(
  config: Pick<ChannelConfig, "slackInbound" | "slackOutbound">,
): NotificationChannel {
  const { slackInbound, slackOutbound } = config;
  return {
    kind: "slack",
    send: async (notice, signal) => {
      if ("off" in slackOutbound) return off(slackOutbound.off);
      const message = {
        channel: notice.address,
        // For notifications and screen readers, which show no blocks.
        text: slackText(headline(notice)),
        blocks: blocksOf(notice, "on" in slackInbound),
        unfurl_links: false,
        unfurl_media: false,
      };
      try {
        await callSlack(slackOutbound.on, "chat.postMessage", message, signal);
        return sent("a message in Slack");
      } catch (cause) {
        return failed("slack", cause, signal);
      }
    },
  };
}

/** Buttons are of use only where their answer is read. */
function blocksOf(notice: Notice, hasButtons: boolean) {
  const lines = [`*${slackText(headline(notice))}*`, ...details(notice).map(slackText)];
  const said = section([...lines, ...(notice.text === "" ? [] : ["", slackText(notice.text)])].join("\n"));
  const { ask, link } = notice;
  if (ask === null || isOver(notice)) return [said];
  // What is to be done, or decided in other words than yes and no, is answered on its page.
  if (hasButtons && ask.askType === "approve") {
    return [said, decisionButtons({ ask: ask.askId, seq: ask.seq, rev: ask.subject?.rev ?? null }, link)];
  }
  return link === null ? [said] : [said, section(`<${link}|Look at it, and answer>`)];
}
