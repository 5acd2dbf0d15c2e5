/** Slack's Web API, GitHub's REST API and a provider of mail, on loopback: they keep what they are told and say yes. */

export interface ProviderCall {
  readonly path: string;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any -- tests look into every body
  readonly body: any;
}

export interface Providers extends AsyncDisposable {
  readonly url: string;
  readonly calls: readonly ProviderCall[];
  /** What the Worker must be given to use them. */
  readonly variables: Readonly<Record<string, string>>;
  /** What the next calls of a path that ends so are answered with; null: yes again. */
  refuse(pathEnd: string, answer: { readonly status: number; readonly body: unknown } | null): void;
  /** Resolves with the first call that fits, also one that was before. */
  heard(what: string, test: (call: ProviderCall) => boolean): Promise<ProviderCall>;
}

const HEARD_MAX_MS = 10_000;

export function startProviders(mailProvider: "resend" | "postmark" = "resend"): Providers {
  const calls: ProviderCall[] = [];
  const watchers = new Set<() => void>();
  const refusals = new Map<string, { readonly status: number; readonly body: unknown }>();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    const path = new URL(request.url).pathname;
    calls.push({ path, headers: request.headers, body: await request.json() });
    for (const watcher of [...watchers]) watcher();
    for (const [end, { status, body }] of refusals) {
      if (path.endsWith(end)) return Response.json(body, { status });
    }
    return Response.json({ ok: true, id: "1" });
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  return {
    url,
    calls,
    variables: {
      SHOPFLOOR_CHANNEL_SECRET: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
      SHOPFLOOR_SLACK_SIGNING_SECRET: "signing-secret-of-the-test",
      SHOPFLOOR_SLACK_BOT_TOKEN: "xoxb-of-the-test",
      SHOPFLOOR_SLACK_URL: `${url}/slack/api`,
      SHOPFLOOR_GITHUB_WEBHOOK_SECRET: "webhook-secret-of-the-test",
      SHOPFLOOR_GITHUB_TOKEN: "github-token-of-the-test",
      SHOPFLOOR_GITHUB_API_URL: `${url}/github`,
      SHOPFLOOR_MAIL_PROVIDER: mailProvider,
      SHOPFLOOR_MAIL_URL: `${url}/mail`,
      SHOPFLOOR_MAIL_KEY: "mail-key-of-the-test",
      SHOPFLOOR_MAIL_FROM: "Shopfloor <gates@example.org>",
    },
    refuse: (pathEnd, answer) => {
      if (answer === null) refusals.delete(pathEnd);
      else refusals.set(pathEnd, answer);
    },
    heard: async (what, test) => {
      const found = () => calls.find(test);
      if (found() !== undefined) return found()!;
      const { promise, resolve, reject } = Promise.withResolvers<ProviderCall>();
      const check = () => {
        const call = found();
        if (call !== undefined) resolve(call);
      };
      watchers.add(check);
      const timer = setTimeout(
        () => reject(new Error(`Cannot go on as ${what}: heard ${calls.map(({ path }) => path).join(" ")}`)),
        HEARD_MAX_MS,
      );
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        watchers.delete(check);
      }
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
