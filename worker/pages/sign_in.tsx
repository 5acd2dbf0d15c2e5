/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** Signing in: a link does it by itself, a person may paste its code or the admin token. */
import { Layout } from "./layout.tsx";

export interface SignInView {
  readonly wasRefused: boolean;
  /** The path to go to afterwards. */
  readonly next: string;
}

/** The page at `/signin`. */
export function SignInPage({ view }: { readonly view: SignInView }) {
  return (
    <Layout title="Sign in" isSignedIn={false} scripts={["fragment.js"]}>
      <div class="narrow panel stack">
        <h1>Sign in</h1>
        {view.wasRefused
          ? (
            <p class="note bad" role="alert">
              That code is not ours, or its 15 minutes are over. Ask for a new link.
            </p>
          )
          : null}
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
          <button type="submit">Sign in</button>
        </form>
      </div>
    </Layout>
  );
}

/** A plain word to people: something that they asked for is not there. */
export function MessagePage({ title, message }: { readonly title: string; readonly message: string }) {
  return (
    <Layout title={title} isSignedIn={false}>
      <div class="narrow panel stack">
        <h1>{title}</h1>
        <p>{message}</p>
        <p>
          <a href="/">Back to the board</a>
        </p>
      </div>
    </Layout>
  );
}
