/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** Choosing a project: the list of those that there are, and a way to one that is not known here. */
import type { ProjectName } from "./frame.tsx";
import { projectPath } from "./frame.tsx";
import { Layout, type Place } from "./layout.tsx";

export interface ProjectsView {
  readonly projects: readonly ProjectName[];
  /** The part of the project to go to; null: its board. */
  readonly to: Exclude<Place, "board" | "api" | "projects" | "library"> | "contexts" | "cards" | null;
  /** Whether there is a history that knows projects. */
  readonly isKnown: boolean;
  /** What was typed and names no project; null: nothing was. */
  readonly refused: string | null;
}

/** The page at `/projects`. */
export function ProjectsPage({ view }: { readonly view: ProjectsView }) {
  const { projects, to, isKnown, refused } = view;
  return (
    <Layout
      title="Projects"
      at={to === "cards" ? "board" : to === "contexts" ? "library" : to ?? "projects"}
      crumbs={[{ text: "Projects" }]}
    >
      <h1>Choose a project</h1>
      {projects.length === 0
        ? (
          <p class="empty">
            {isKnown
              ? "No project has a line yet."
              : "Without a history it is not known which projects there are."}
          </p>
        )
        : (
          <ul class="cards">
            {projects.map((at) => (
              <li key={projectPath(at)} class="card">
                <h3>
                  <a href={to === null ? projectPath(at) : `${projectPath(at)}/${to}`}>
                    {at.owner}/{at.project}
                  </a>
                </h3>
              </li>
            ))}
          </ul>
        )}
      {to === null
        ? (
          <p class="pager">
            <a href="/">The board of all projects</a>
          </p>
        )
        : null}
      <h2>Another one</h2>
      {refused === null ? null : (
        <p class="note bad" role="alert" id="refused">
          That is no name of a project. It is two names with a slash in between, of letters, digits and{" "}
          <code>-</code>, <code>_</code>, <code>.</code>, such as acme/site.
        </p>
      )}
      <form class="panel row" method="get" action="/projects">
        {to === null ? null : <input type="hidden" name="to" value={to} />}
        <div>
          <label for="project">Owner and project</label>
          <input
            id="project"
            name="project"
            required
            placeholder="acme/site"
            maxlength={130}
            value={refused ?? undefined}
            {...(refused === null ? {} : { "aria-invalid": "true", "aria-describedby": "refused" })}
          />
        </div>
        <button class="fixed end" type="submit">Go there</button>
      </form>
    </Layout>
  );
}
