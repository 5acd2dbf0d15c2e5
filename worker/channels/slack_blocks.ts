/** What people read in Slack: the message with its buttons, the form for a reason, and how an answer went. Pure. */
import type { Told } from "./inbound.ts";
import {
  APPROVE_ACTION,
  type Carried,
  carriedText,
  REASON_BLOCK,
  REASON_FORM,
  REASON_INPUT,
  REJECT_ACTION,
} from "./slack_payload.ts";

/** Slack's bound of a section is 3,000 characters. */
const TEXT_MAX_CHARS = 2_000;
const REASON_MAX_CHARS = 2_000;

/** `&`, `<` and `>` begin Slack's own marks: mentions and links of somebody else's making. */
export function slackText(text: string): string {
  return text.slice(0, TEXT_MAX_CHARS).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(
    ">",
    "&gt;",
  );
}

export function section(text: string) {
  return { type: "section", text: { type: "mrkdwn", text } };
}

/** Approve, reject, and the page with the evidence where there is a link to it. */
export function decisionButtons(seen: Omit<Carried, "url">, link: string | null) {
  const value = carriedText({ ask: seen.ask, seq: seen.seq, rev: seen.rev });
  const open = link === null
    ? []
    : [{ type: "button", text: plain("Look at it"), url: link, action_id: "shopfloor_open" }];
  return {
    type: "actions",
    elements: [
      { type: "button", style: "primary", text: plain("Approve"), action_id: APPROVE_ACTION, value },
      { type: "button", style: "danger", text: plain("Reject…"), action_id: REJECT_ACTION, value },
      ...open,
    ],
  };
}

/** Asks for the reason of a reject. Carries what was seen when the button was pressed. */
export function reasonForm(seen: Carried) {
  return {
    type: "modal",
    callback_id: REASON_FORM,
    private_metadata: carriedText(seen),
    title: plain("Reject"),
    submit: plain("Reject"),
    close: plain("Back"),
    blocks: [{
      type: "input",
      block_id: REASON_BLOCK,
      label: plain("Why?"),
      element: {
        type: "plain_text_input",
        action_id: REASON_INPUT,
        multiline: true,
        max_length: REASON_MAX_CHARS,
      },
    }],
  };
}

/** How it went. An ask that goes on and has changed since comes with fresh buttons. */
export function toldBlocks(told: Told) {
  const said = section(slackText(told.text));
  if (told.ask === null) return [said];
  const title = section(`*${slackText(told.ask.title)}*`);
  if (!told.isStale || !told.ask.isOpen) return [title, said];
  const { askId, seq, rev } = told.ask;
  return [title, said, decisionButtons({ ask: askId, seq, rev }, null)];
}

function plain(text: string) {
  return { type: "plain_text", text };
}
