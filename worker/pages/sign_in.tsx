/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** Signing in: a link does it by itself, a person may paste its code, or go by a provider that is set up. */
import { Layout } from "./layout.tsx";

/** What of signing in is set up. `faults` are settings to be mended by who runs this. */
export interface SignInWays {
  readonly hasAdminToken: boolean;
  /** The host that people are sent to; null: off. */
  readonly githubHost: string | null;
  /** The team's address; null: off. */
  readonly accessTeam: string | null;
  readonly faults: readonly string[];
}

export interface SignInView {
  readonly wasRefused: boolean;
  /** The path to go to afterwards. */
  readonly next: string;
  readonly ways: SignInWays;
}

/** The page at `/signin`. */
export function SignInPage({ view }: { readonly view: SignInView }) {
  const { githubHost, accessTeam, faults, hasAdminToken } = view.ways;
  return (
    <Layout title="Sign in" scripts={["fragment.js"]}>
      <div class="narrow panel stack">
        <h1>Sign in</h1>
        {view.wasRefused
          ? (
            <p class="note bad" role="alert">
              That code is not ours, or its 15 minutes are over. Ask for a new link.
            </p>
          )
          : null}
        {faults.map((fault) => <p key={fault} class="note bad">{fault}</p>)}
        {githubHost === null ? null : (
          <p>
            <a class="button" href={`/signin/github?next=${encodeURIComponent(view.next)}`}>
              Sign in with {githubHost === "github.com" ? "GitHub" : githubHost}
            </a>
          </p>
        )}
        {accessTeam === null ? null : (
          <p class="soft">
            Whoever comes through Cloudflare Access ({accessTeam}) is signed in by that; you did not, or your
            sign-in there is over.
          </p>
        )}
        <p class="soft">
          Open the link that <code>deno task start</code> printed, or paste its code or the admin token here.
        </p>
        <form method="post" action="/session" data-fragment="code" class="stack">
          <input type="hidden" name="next" value={view.next} />
          <div>
            <label for="code">Code or admin token</label>
            <input
              id="code"
              name="code"
              type="password"
              required
              autocomplete="current-password"
              maxlength={1000}
            />
          </div>
          <button type="submit" class={githubHost === null ? undefined : "plain"}>Sign in</button>
        </form>
        <ul class="small soft">
          <li>Link and admin token: {hasAdminToken ? "on" : "off, as SHOPFLOOR_ADMIN_TOKEN is not set"}</li>
          <li>GitHub: {githubHost === null ? "off" : `on, at ${githubHost}`}</li>
          <li>Cloudflare Access: {accessTeam === null ? "off" : `on, ${accessTeam}`}</li>
        </ul>
      </div>
    </Layout>
  );
}

/** To somebody whom a provider vouches for, but who has no role here. */
export function NoRolePage({ identity }: { readonly identity: string }) {
  return (
    <Layout title="No role">
      <div class="narrow panel stack">
        <h1>You have no role here</h1>
        <p>
          You are known as{" "}
          <strong class="mono">{identity}</strong>, and this control plane gives that identity no role.
          Whoever runs it can: the variable <code>SHOPFLOOR_ROLES</code> says who may do what.
        </p>
        <form method="post" action="/session/end">
          <button class="plain" type="submit">Sign in as somebody else</button>
        </form>
      </div>
    </Layout>
  );
}

/** Goes on to a page of ours by itself: what another site sent here comes without its session until then. */
export function ReturnPage({ to, says }: { readonly to: string; readonly says: string | null }) {
  return (
    <Layout title="One moment" refreshTo={to}>
      <div class="narrow panel stack">
        <h1>One moment</h1>
        {says === null ? null : <p>{says}</p>}
        <p>
          <a href={to}>Go on</a>
        </p>
      </div>
    </Layout>
  );
}

/** A plain word to people: something that they asked for is not there. */
export function MessagePage({ title, message, next }: {
  readonly title: string;
  readonly message: string;
  /** Where to go instead, besides the board. */
  readonly next?: { readonly text: string; readonly href: string };
}) {
  return (
    <Layout title={title}>
      <div class="narrow panel stack">
        <h1>{title}</h1>
        <p>{message}</p>
        {next === undefined ? null : (
          <p>
            <a href={next.href}>{next.text}</a>
          </p>
        )}
        <p>
          <a href="/">Back to the board</a>
        </p>
      </div>
    </Layout>
  );
}
