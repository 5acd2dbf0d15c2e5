/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The frame of every page. Everything is escaped by JSX; scripts and styles are files of ours (strict CSP). */
import type { Child } from "hono/jsx";

export interface LayoutProps {
  readonly title: string;
  readonly isSignedIn: boolean;
  /** Scripts below `/assets`, e.g. `live.js`. */
  readonly scripts?: readonly string[];
  /** How often `live.js` asks again. */
  readonly pollMs?: number;
  readonly children?: Child;
}

/** A whole document but for its doctype. */
export function Layout({ title, isSignedIn, scripts = [], pollMs = 2_000, children }: LayoutProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{title} · Shopfloor</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/style.css" />
        {scripts.map((name) => <script key={name} src={`/assets/${name}`} defer></script>)}
      </head>
      <body data-poll-ms={pollMs}>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="bar">
          <div>
            <a class="brand" href="/">
              <i aria-hidden="true"></i>Shopfloor
            </a>
            <span class="soft small" id="live-status" role="status"></span>
            {isSignedIn
              ? (
                <form class="push" method="post" action="/session/end">
                  <button class="plain" type="submit">Sign out</button>
                </form>
              )
              : null}
          </div>
        </header>
        <main id="main">{children}</main>
      </body>
    </html>
  );
}
