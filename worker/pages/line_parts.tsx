/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/** What the pages of lines share: their paths, and what is wrong with a text. */
import { type ProjectName, projectPath } from "./frame.tsx";
import type { TextFault } from "./line_text.ts";

/** The lines of a project. */
export function linesPath(project: ProjectName): string {
  return `${projectPath(project)}/lines`;
}

/** A line, or a page of it. */
export function linePath(project: ProjectName, lineId: string, rest = ""): string {
  return `${linesPath(project)}/${encodeURIComponent(lineId)}${rest}`;
}

/** The line in the API, which a signed-in browser may read. */
export function lineApiPath({ owner, project }: ProjectName, lineId: string): string {
  const [o, p, id] = [owner, project, lineId].map(encodeURIComponent);
  return `/api/owners/${o}/projects/${p}/assembly-lines/${id}`;
}

/** Faults of what was sent, each with its place. */
export function Faults({ title, faults }: { readonly title: string; readonly faults: readonly TextFault[] }) {
  if (faults.length === 0) return null;
  return (
    <div class="note bad" role="alert" id="faults">
      <strong>{title}</strong>
      <ul class="faults">
        {faults.map(({ lineNumber, path, message, excerpt }, at) => (
          <li key={String(at)}>
            {lineNumber === null ? null : <span>Line {lineNumber}</span>}
            {path === "" ? null : (
              <>
                {lineNumber === null ? null : ", "}
                <code>{path}</code>
              </>
            )}
            {lineNumber === null && path === "" ? "" : ": "}
            {message}
            {excerpt === null ? null : <code class="excerpt">{excerpt}</code>}
          </li>
        ))}
      </ul>
    </div>
  );
}
