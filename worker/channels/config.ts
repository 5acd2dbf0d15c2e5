/**
 * Which channels are on, and with which keys: from variables and secrets of the Worker. A channel whose variables are not set
 * is off and says which they are; one that is set wrong is off and says what is wrong, without repeating a secret.
 */
import { readSecret } from "../../protocol/autonomy/webhook.ts";

/** What is read; names as in `docs/settings.md`. */
export interface ChannelEnv {
  /** `whsec_...`; during a change of keys two, with a space in between. */
  readonly SHOPFLOOR_CHANNEL_SECRET?: string;
  readonly SHOPFLOOR_SLACK_SIGNING_SECRET?: string;
  readonly SHOPFLOOR_SLACK_BOT_TOKEN?: string;
  /** Where Slack's Web API is; empty: `https://slack.com/api`. */
  readonly SHOPFLOOR_SLACK_URL?: string;
  readonly SHOPFLOOR_GITHUB_WEBHOOK_SECRET?: string;
  /** May write comments on issues and pull requests. */
  readonly SHOPFLOOR_GITHUB_TOKEN?: string;
  /** Where GitHub's REST API is; empty: `https://api.github.com`. */
  readonly SHOPFLOOR_GITHUB_API_URL?: string;
  /** `resend` or `postmark`: whose HTTP API, or one that is shaped like it. */
  readonly SHOPFLOOR_MAIL_PROVIDER?: string;
  /** Where it is; empty: the provider's own. */
  readonly SHOPFLOOR_MAIL_URL?: string;
  readonly SHOPFLOOR_MAIL_KEY?: string;
  /** e.g. `Shopfloor <gates@example.org>`. */
  readonly SHOPFLOOR_MAIL_FROM?: string;
}

export type MailProvider = "resend" | "postmark";

export type Setting<T> = { readonly on: T } | { readonly off: string };

type On<K extends keyof ChannelConfig> = Extract<ChannelConfig[K], { on: unknown }>["on"];

export interface ChannelConfig {
  readonly webhook: Setting<{ readonly secrets: readonly string[] }>;
  readonly slackInbound: Setting<{ readonly signingSecret: string }>;
  readonly slackOutbound: Setting<{ readonly botToken: string; readonly apiUrl: string }>;
  readonly githubInbound: Setting<{ readonly secret: string }>;
  readonly githubOutbound: Setting<{ readonly token: string; readonly apiUrl: string }>;
  readonly mail: Setting<{
    readonly provider: MailProvider;
    readonly url: string;
    readonly key: string;
    readonly from: string;
  }>;
}

const MAIL_URLS: Readonly<Record<MailProvider, string>> = {
  resend: "https://api.resend.com/emails",
  postmark: "https://api.postmarkapp.com/email",
};

/** Reads the configuration; never throws, as one wrong channel is no reason to stop the others. */
export function readChannels(env: ChannelEnv): ChannelConfig {
  const text = (name: keyof ChannelEnv) => String(env[name] ?? "").trim();
  const need = <T>(name: keyof ChannelEnv, on: (value: string) => Setting<T>): Setting<T> => {
    const value = text(name);
    return value === "" ? { off: `set ${name}` } : on(value);
  };
  const at = (name: keyof ChannelEnv, byDefault: string): Setting<string> => {
    const given = text(name);
    const url = given === "" ? byDefault : given;
    const parsed = URL.parse(url);
    const isUsable = parsed !== null && (parsed.protocol === "https:" || parsed.protocol === "http:") &&
      parsed.username === "" && parsed.password === "";
    return isUsable ? { on: url.replace(/\/+$/, "") } : { off: `${name} must be an http(s) address` };
  };
  return {
    webhook: need<On<"webhook">>("SHOPFLOOR_CHANNEL_SECRET", (value) => {
      const secrets = value.split(/\s+/);
      return secrets.every((secret) => readSecret(secret) !== null)
        ? { on: { secrets } }
        : { off: "SHOPFLOOR_CHANNEL_SECRET must be 'whsec_' and base64 of 24 to 64 bytes" };
    }),
    slackInbound: need<On<"slackInbound">>(
      "SHOPFLOOR_SLACK_SIGNING_SECRET",
      (signingSecret) => ({ on: { signingSecret } }),
    ),
    slackOutbound: need<On<"slackOutbound">>("SHOPFLOOR_SLACK_BOT_TOKEN", (botToken) => {
      const url = at("SHOPFLOOR_SLACK_URL", "https://slack.com/api");
      return "on" in url ? { on: { botToken, apiUrl: url.on } } : url;
    }),
    githubInbound: need<On<"githubInbound">>(
      "SHOPFLOOR_GITHUB_WEBHOOK_SECRET",
      (secret) => ({ on: { secret } }),
    ),
    githubOutbound: need<On<"githubOutbound">>("SHOPFLOOR_GITHUB_TOKEN", (token) => {
      const url = at("SHOPFLOOR_GITHUB_API_URL", "https://api.github.com");
      return "on" in url ? { on: { token, apiUrl: url.on } } : url;
    }),
    mail: need<On<"mail">>("SHOPFLOOR_MAIL_KEY", (key) =>
      need<On<"mail">>("SHOPFLOOR_MAIL_FROM", (from) => {
        const provider = text("SHOPFLOOR_MAIL_PROVIDER");
        if (provider !== "resend" && provider !== "postmark") {
          return {
            off: `SHOPFLOOR_MAIL_PROVIDER must be 'resend' or 'postmark': current value is '${provider}'`,
          };
        }
        const url = at("SHOPFLOOR_MAIL_URL", MAIL_URLS[provider]);
        return "on" in url ? { on: { provider, url: url.on, key, from } } : url;
      })),
  };
}
