/**
 * Notices on GitHub: a comment on the issue or pull request that the ask is about, which mentions the person. Everybody who
 * reads the repository reads it, so it has no link with a token, and says how to answer instead.
 */
import type { NotificationChannel } from "../ports.ts";
import type { Notice } from "../ports.ts";
import type { ChannelConfig } from "./config.ts";
import { plainText, writeComment } from "./github.ts";
import { details, headline, isOver } from "./notice_text.ts";
import { failed, off, sent } from "./notice_result.ts";

/** A name of dots alone would be another path of the API. */
const SUBJECT = /^github:((?!\.{1,2}\/)[\w.-]{1,100}\/(?!\.{1,2}#)[\w.-]{1,100}#\d{1,12})$/;

export function createGitHubNotices(setting: ChannelConfig["githubOutbound"]): NotificationChannel {
  return {
    kind: "github",
    send: async (notice, signal) => {
      if ("off" in setting) return off(setting.off);
      const place = SUBJECT.exec(notice.ask?.subject?.ref ?? "")?.[1];
      if (place === undefined) return off("the ask is about no issue and no pull request of GitHub");
      try {
        await writeComment(setting.on, place, commentText(notice), signal);
        return sent(`a comment on ${place}`);
      } catch (cause) {
        return failed("github", cause, signal);
      }
    },
  };
}

function commentText(notice: Notice): string {
  const { ask, address } = notice;
  const said = [
    `@${address} ${plainText(headline(notice))}`,
    "",
    ...details(notice).map((line) => `- ${plainText(line)}`),
  ];
  if (ask === null || isOver(notice)) return said.join("\n");
  const rev = ask.subject !== null && /^[0-9a-f]{40}$/.test(ask.subject.rev) ? ` ${ask.subject.rev}` : "";
  return [
    ...said,
    "",
    `Answer with a review, or with a comment \`/approve ${ask.askId}${rev}\` or \`/reject ${ask.askId} REASON\`.`,
  ].join("\n");
}
