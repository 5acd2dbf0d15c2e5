/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** The frame of every page. Everything is escaped by JSX; scripts and styles are files of ours (strict CSP). */
import type { Child } from "hono/jsx";
import { type Frame, projectPath, useFrame } from "./frame.tsx";

/** The parts of the navigation. */
export type Place = "board" | "worklist" | "lines" | "library" | "runners" | "metrics" | "api" | "projects";

export interface Crumb {
  readonly text: string;
  /** Absent: this page. */
  readonly href?: string;
}

export interface LayoutProps {
  readonly title: string;
  /** Which part of the navigation this page belongs to. */
  readonly at?: Place;
  /** The way here, after the board and the project, which come by themselves. */
  readonly crumbs?: readonly Crumb[];
  /** Who is signed in comes with the frame (`frame.tsx`); this says nothing any more. */
  readonly isSignedIn?: boolean;
  /** Scripts below `/assets`, e.g. `live.js`. */
  readonly scripts?: readonly string[];
  /** Further style sheets below `/assets`. */
  readonly styles?: readonly string[];
  /** How often `live.js` asks again. */
  readonly pollMs?: number;
  /** Seconds until the browser goes to `refreshTo`, a path of ours: for the way back from another site. */
  readonly refreshTo?: string;
  readonly children?: Child;
}

/** A whole document but for its doctype. */
export function Layout(props: LayoutProps) {
  const { title, at, crumbs, scripts = [], styles = [], pollMs = 2_000, refreshTo, children } = props;
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>{title} · Shopfloor</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {refreshTo === undefined ? null : <meta http-equiv="refresh" content={`0;url=${refreshTo}`} />}
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/style.css" />
        {styles.map((name) => <link key={name} rel="stylesheet" href={`/assets/${name}`} />)}
        {scripts.map((name) => <script key={name} src={`/assets/${name}`} defer></script>)}
      </head>
      <body data-poll-ms={pollMs}>
        <a class="skip" href="#main">Skip to the content</a>
        <Bar at={at ?? null} />
        <main id="main">
          {crumbs === undefined ? null : <Crumbs crumbs={crumbs} />}
          {children}
        </main>
        <p class="toast" id="live-status" role="status"></p>
      </body>
    </html>
  );
}

function Bar({ at }: { readonly at: Place | null }) {
  const frame = useFrame();
  const { viewer, project, here } = frame;
  return (
    <header class="bar">
      <div>
        <a class="brand" href="/">
          <i aria-hidden="true"></i>Shopfloor
        </a>
        {viewer === null ? null : (
          <>
            <a
              class="switch"
              href={switchPath(at)}
              aria-label={`Project: ${nameOf(project)}. Choose another`}
            >
              <span>{nameOf(project)}</span>
            </a>
            <Navigation at={at} frame={frame} />
          </>
        )}
        {viewer === null
          ? (
            <span class="who">
              <a href="/api-docs">API docs</a>
              {here.startsWith("/signin") ? null : <a href="/signin">Sign in</a>}
            </span>
          )
          : (
            <form class="who" method="post" action="/session/end">
              <span title={viewer.principal}>
                {viewer.displayName} <span class="soft">{viewer.role}</span>
              </span>
              <button class="plain" type="submit">Sign out</button>
            </form>
          )}
      </div>
    </header>
  );
}

function Navigation({ at, frame }: { readonly at: Place | null; readonly frame: Frame }) {
  const { project, waiting } = frame;
  const inProject = (place: Place) =>
    project === null ? `/projects?to=${place}` : `${projectPath(project)}/${place}`;
  const links: readonly (readonly [Place, string, string])[] = [
    ["board", "Board", project === null ? "/" : projectPath(project)],
    ["worklist", "Worklist", project === null ? "/worklist" : inProject("worklist")],
    ["lines", "Lines", inProject("lines")],
    ["library", "Library", project === null ? "/projects?to=contexts" : `${projectPath(project)}/contexts`],
    ["runners", "Runners", inProject("runners")],
    ["metrics", "Metrics", project === null ? "/metrics" : inProject("metrics")],
    ["api", "API docs", "/api-docs"],
  ];
  return (
    <nav aria-label="Main">
      <ul>
        {links.map(([place, text, href]) => (
          <li key={place}>
            <a href={href} aria-current={place === at ? "page" : undefined}>
              {text}
              {place === "worklist" && waiting !== null && waiting > 0
                ? <span class="badge" title={`${waiting} wait for an answer`}>{waiting}</span>
                : null}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Board / owner/project / ... / this page. */
function Crumbs({ crumbs }: { readonly crumbs: readonly Crumb[] }) {
  const { project } = useFrame();
  const all: Crumb[] = [
    { text: "Board", href: "/" },
    ...(project === null ? [] : [{ text: nameOf(project), href: projectPath(project) }]),
    ...crumbs,
  ];
  return (
    <nav class="crumbs" aria-label="Where you are">
      <ol>
        {all.map(({ text, href }) => (
          <li key={text}>
            {href === undefined ? <span aria-current="page">{text}</span> : <a href={href}>{text}</a>}
          </li>
        ))}
      </ol>
    </nav>
  );
}

function nameOf(project: Frame["project"]): string {
  return project === null ? "All projects" : `${project.owner}/${project.project}`;
}

/** Choosing another project stays at the same part of it. */
function switchPath(at: Place | null): string {
  return at === null || at === "api" || at === "projects"
    ? "/projects"
    : `/projects?to=${at === "library" ? "contexts" : at}`;
}
