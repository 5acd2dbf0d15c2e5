/**
 * Notices by e-mail, through a provider's HTTP API. The mail has a link to the page with the ask; opening it decides nothing,
 * so neither a scanner of links nor a preview does (G1).
 */
import type { NotificationChannel } from "../ports.ts";
import type { ChannelConfig, MailProvider } from "./config.ts";
import type { Notice } from "../ports.ts";
import { details, headline, isOver } from "./notice_text.ts";
import { failed, off, sent } from "./notice_result.ts";
import { postJson } from "./post_json.ts";

interface Mail {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** How each provider wants a mail, and its key. */
const SHAPES: Readonly<
  Record<MailProvider, {
    readonly headers: (key: string, noticeId: string) => Readonly<Record<string, string>>;
    readonly body: (mail: Mail) => unknown;
  }>
> = {
  resend: {
    // The provider itself drops a mail that it has had.
    headers: (key, noticeId) => ({ authorization: `Bearer ${key}`, "idempotency-key": noticeId }),
    body: ({ from, to, subject, text }) => ({ from, to: [to], subject, text }),
  },
  postmark: {
    headers: (key) => ({ "x-postmark-server-token": key }),
    body: ({ from, to, subject, text }) => ({
      From: from,
      To: to,
      Subject: subject,
      TextBody: text,
      MessageStream: "outbound",
    }),
  },
};

export function createMailNotices(setting: ChannelConfig["mail"]): NotificationChannel {
  return {
    kind: "mail",
    send: async (notice, signal) => {
      if ("off" in setting) return off(setting.off);
      const { provider, url, key, from } = setting.on;
      const { headers, body } = SHAPES[provider];
      const mail = { from, to: notice.address, subject: headline(notice), text: mailText(notice) };
      try {
        await postJson(url, headers(key, notice.noticeId), body(mail), signal);
        return sent(`mail by ${provider}`);
      } catch (cause) {
        return failed(provider, cause, signal);
      }
    },
  };
}

function mailText(notice: Notice): string {
  const words = notice.text === "" ? [] : [notice.text, ""];
  const link = notice.link === null || isOver(notice) ? [] : [
    "",
    "Look at it, and answer:",
    notice.link,
    "",
    "The link is yours alone: whoever has it may be asked to sign in, and it works until the ask is answered.",
  ];
  return [headline(notice), "", ...words, ...details(notice), ...link, ""].join("\n");
}
