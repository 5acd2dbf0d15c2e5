/**
 * What people get by Slack, GitHub and mail, for the pictures of the docs: the messages themselves, as the channels send
 * them to a server of ours, laid out plainly. The real services draw them in their own way.
 */
import { html, raw } from "hono/html";
import type { Page } from "playwright-core";
import { createNotificationChannels } from "../worker/channels/outgoing.ts";
import type { Notice } from "../worker/ports.ts";

export type MessageKind = "slack" | "github" | "mail";

const COMMIT = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";
const ASK_ID = "01jbrc9nf6m6sc7n75yr3hga9t";
const NOTICE: Omit<Notice, "address"> = {
  noticeId: "notice-1",
  principal: "user:ada",
  owner: "me",
  project: "site",
  type: "gate.opened",
  why: "schedule:primary on call",
  title: "Merge the tidy-up",
  text: "",
  ask: {
    askId: ASK_ID,
    askType: "approve",
    state: "open",
    taskId: null,
    nextDeadlineMs: Date.UTC(2026, 10, 21, 12, 30),
    seq: 1,
    subject: { ref: "github:acme/site#12", rev: COMMIT },
  },
  // A real link is longer, and opens the question.
  link: "https://shopfloor.example.org/g#oag1.AQcBkvDE...",
};
const ADDRESS: Readonly<Record<MessageKind, string>> = {
  slack: "U0AD4ADA1",
  github: "ada-l",
  mail: "ada@example.org",
};

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0; padding: 24px; color: #1a1c22; background: #fff }
  main { white-space: pre-wrap; overflow-wrap: anywhere }
  h1 { font-size: 15px; color: #5a6072; margin: 0 0 12px }
  .button { display: inline-block; border: 1px solid #8a90a2; border-radius: 6px; padding: 4px 14px; margin: 12px 8px 0 0 }
  .primary { background: #146c37; border-color: #146c37; color: #fff }
  .danger { border-color: #b3261e; color: #b3261e }
`;

/** Shows the message of one channel on the page. */
export async function showMessage(page: Page, kind: MessageKind): Promise<void> {
  const { heading, parts } = partsOf(kind, await sentBy(kind));
  const document = html`
    <!doctype html>
    <meta charset="utf-8" />
    <style>${raw(STYLE)}</style>
    <h1>${heading}</h1>
    <main>${parts.map(({ text, look }) =>
      look === null ? html`<div>${text}</div>` : html`<span class="button ${look}">${text}</span>`
    )}</main>
  `;
  await page.setContent(String(await document));
}

/** The body that the channel posts. */
async function sentBy(kind: MessageKind): Promise<Record<string, unknown>> {
  const bodies: Record<string, unknown>[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    bodies.push(await request.json());
    return Response.json({ ok: true, id: "1" }, { status: kind === "github" ? 201 : 200 });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const channels = createNotificationChannels({
    SHOPFLOOR_SLACK_SIGNING_SECRET: "of-a-picture",
    SHOPFLOOR_SLACK_BOT_TOKEN: "of-a-picture",
    SHOPFLOOR_SLACK_URL: url,
    SHOPFLOOR_GITHUB_TOKEN: "of-a-picture",
    SHOPFLOOR_GITHUB_API_URL: url,
    SHOPFLOOR_MAIL_PROVIDER: "resend",
    SHOPFLOOR_MAIL_URL: url,
    SHOPFLOOR_MAIL_KEY: "of-a-picture",
    SHOPFLOOR_MAIL_FROM: "Shopfloor <gates@example.org>",
  });
  const channel = channels.find((one) => one.kind === kind)!;
  const { result, detail } = await channel.send(
    { ...NOTICE, address: ADDRESS[kind] },
    AbortSignal.timeout(5_000),
  );
  await server.shutdown();
  const body = bodies[0];
  if (result !== "sent" || body === undefined) throw new Error(`Cannot show what ${kind} sends: ${detail}`);
  return body;
}

interface Part {
  readonly text: string;
  /** A button's style, as Slack calls it; null: words. */
  readonly look: string | null;
}

function partsOf(kind: MessageKind, body: Record<string, unknown>): { heading: string; parts: Part[] } {
  if (kind === "github") {
    return {
      heading: "Comment on acme/site#12",
      parts: [{ text: String(body.body), look: null }],
    };
  }
  if (kind === "mail") {
    const heading = `From ${body.from}, to ${[body.to].flat().join(", ")}: ${body.subject}`;
    return { heading, parts: [{ text: String(body.text), look: null }] };
  }
  const parts = (body.blocks as Block[]).flatMap((block): Part[] =>
    block.type === "section" ? [{ text: block.text!.text, look: null }] : block.elements!.map((button) => ({
      text: button.text.text,
      look: button.style ?? "",
    }))
  );
  return { heading: "Shopfloor, in Slack", parts };
}

interface Block {
  readonly type: string;
  readonly text?: { readonly text: string };
  readonly elements?: readonly { readonly text: { readonly text: string }; readonly style?: string }[];
}
