/** A project with people, asks about it, and messages of every channel to it, at the whole Worker with its providers on loopback. */
import assert from "node:assert/strict";
import {
  githubMessage,
  payload,
  type SignedMessage,
  slackMessage,
  slackPress,
  webhookMessage,
} from "./channel_messages.ts";
import { type Answer, startPlane, type TestPlane, type TestProject } from "./plane.ts";
import { type Providers, startProviders } from "./providers.ts";
import { until } from "../worker/until.ts";

/** The revision that asks are about. */
export const HEAD = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";
/** Asks and addresses so far: each has a number of its own. */
let made = 0;

const PEOPLE = {
  people: [
    {
      name: "ada",
      roles: ["approver", "maintainer"],
      identities: ["github:ada-l", "slack:U0AD4ADA1", "mail:ada@example.org"],
      channels: [
        { kind: "slack", address: "U0AD4ADA1" },
        { kind: "mail", address: "ada@example.org" },
        { kind: "github", address: "ada-l" },
      ],
    },
    { name: "bob", roles: ["viewer"], identities: ["github:bob", "slack:U0B0BB0B1"] },
  ],
  policies: [
    { name: "told", levels: [{ to: ["user:ada"], leaveAfterMinutes: 60 }] },
    { name: "strict", auth: "token+identity+role@rev", requiredRole: "maintainer" },
    { name: "bobs", candidates: { users: ["user:bob"] } },
  ],
};

export interface ChannelStage extends AsyncDisposable {
  readonly plane: TestPlane;
  readonly providers: Providers;
  project(): Promise<TestProject>;
  /** Asks; gives the ask's id when the project's people know of it. */
  ask(at: TestProject, change?: object): Promise<string>;
  // deno-lint-ignore no-explicit-any -- tests reach into asks of every state
  gateOf(id: string): Promise<any>;
  /** Sends a message to a channel of the project. */
  send(at: TestProject, kind: string, message: SignedMessage): Promise<Answer>;
  /** A decision of an adapter. */
  decide(at: TestProject, data: object): Promise<Answer>;
  webhook(data: object, options?: Parameters<typeof webhookMessage>[2]): SignedMessage;
  /** A press of a button in Slack; `path` is where its answer goes. */
  press(
    at: TestProject,
    action: "approve" | "reject",
    value: unknown,
    change?: object,
  ): { readonly path: string; answer(): Promise<Answer> };
  slack(content: unknown, atMs?: number): SignedMessage;
  github(event: string, content: unknown): SignedMessage;
  /** A comment on pull request 12. */
  say(at: TestProject, body: string, action?: string, login?: string): Promise<Answer>;
}

/** Status and code of an answer. */
export function codeOf({ status, json }: Answer): [number, string | undefined] {
  return [status, json?.error?.code];
}

/** Boots the Worker and its providers. */
export async function startChannelStage(): Promise<ChannelStage> {
  const providers = startProviders();
  const { variables } = providers;
  const plane = await startPlane(variables);
  const stage: ChannelStage = {
    plane,
    providers,
    project: async () => {
      const at = plane.project();
      await at.must(200, "PUT", "/people", { body: { documents: PEOPLE } });
      return at;
    },
    ask: async (at, change = {}) => {
      const number = ++made;
      const answer = await plane.call("POST", "/v1/gates", {
        headers: { "idempotency-key": `ask${number}` },
        body: {
          install: at.queueName,
          ask: "approve",
          title: `Ask <number> ${number}`,
          subject: { ref: `github:acme/site#${number}`, rev: HEAD },
          completion: { ac: "somebody says yes" },
          policy: "told",
          ...change,
        },
      });
      assert.equal(answer.status, 201, answer.text);
      const id = answer.json.gate_id;
      // People hear of an ask behind the answer, and a message that names only its subject is looked up with them.
      await until("the ask must be on the worklist", async () => {
        const { items } = await at.must(200, "GET", "/worklist");
        return items.some((item: { gateId: string }) => item.gateId === id) ? true : null;
      });
      return id;
    },
    gateOf: async (id) => (await plane.call("GET", `/v1/gates/${id}`)).json,
    send: (at, kind, { headers, body }) =>
      plane.call("POST", `/channels/${kind}/owners/${at.owner}/projects/${at.project}`, {
        token: null,
        headers,
        body,
      }),
    decide: (at, data) => stage.send(at, "webhook", stage.webhook(data)),
    webhook: (data, options) => webhookMessage(data, variables.SHOPFLOOR_CHANNEL_SECRET!, options),
    press: (at, action, value, change = {}) => {
      const responseUrl = `${providers.url}/response/${++made}`;
      const message = stage.slack(slackPress(action, value, { responseUrl, ...change }));
      return { path: new URL(responseUrl).pathname, answer: () => stage.send(at, "slack", message) };
    },
    slack: (content, atMs) => slackMessage(content, variables.SHOPFLOOR_SLACK_SIGNING_SECRET!, atMs),
    github: (event, content) => githubMessage(event, content, variables.SHOPFLOOR_GITHUB_WEBHOOK_SECRET!),
    say: (at, body, action = "created", login = "ada-l") => {
      const content = payload("github_issue_comment");
      const comment = { ...content.comment, body, user: { ...content.comment.user, login } };
      return stage.send(at, "github", stage.github("issue_comment", { ...content, action, comment }));
    },
    [Symbol.asyncDispose]: async () => {
      await plane[Symbol.asyncDispose]();
      await providers[Symbol.asyncDispose]();
    },
  };
  return stage;
}
