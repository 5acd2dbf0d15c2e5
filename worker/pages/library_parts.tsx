/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What the pages of a project's library share: what is kept for its agents to read. */
import type { Child } from "hono/jsx";
import { type ProjectName, projectPath } from "./frame.tsx";
import { type Crumb, Layout } from "./layout.tsx";

export type LibraryPart = "contexts" | "memory" | "issues";

const PARTS: readonly (readonly [LibraryPart, string])[] = [
  ["contexts", "Contexts"],
  ["memory", "Memory"],
  ["issues", "Issues"],
];

/** The page of a part of a project's library. */
export function libraryPath(at: ProjectName, part: LibraryPart, ...rest: readonly string[]): string {
  return [projectPath(at), part, ...rest.map(encodeURIComponent)].join("/");
}

export interface LibraryLayoutProps {
  readonly at: ProjectName;
  readonly part: LibraryPart;
  readonly title: string;
  /** Below the part; none on its first page. */
  readonly crumbs?: readonly Crumb[];
  /** Why the last form was not taken. */
  readonly fault?: string | null;
  readonly children?: Child;
}

export function LibraryLayout({ at, part, title, crumbs = [], fault = null, children }: LibraryLayoutProps) {
  const name = PARTS.find(([one]) => one === part)![1];
  const all = [crumbs.length === 0 ? { text: name } : { text: name, href: libraryPath(at, part) }, ...crumbs];
  return (
    <Layout title={title} at="library" crumbs={all}>
      <h1>{title}</h1>
      <nav class="tabs" aria-label="The library">
        {PARTS.map(([one, text]) => (
          <a key={one} href={libraryPath(at, one)} aria-current={one === part ? "page" : undefined}>{text}</a>
        ))}
      </nav>
      {fault === null ? null : <p class="note bad" role="alert">{fault}</p>}
      {children}
    </Layout>
  );
}
