/** @jsxRuntime automatic @jsxImportSource hono/jsx */
/**
 * What every page stands in: who looks at it, of which project it is, and where it is. `page()` in
 * `routes/page_response.ts` gives it to the whole document, so that no view carries it along.
 *
 * It is there while the document is rendered: read it in a component that is used as an element, not in the function
 * that a route calls.
 */
import { type Child, createContext, useContext } from "hono/jsx";
import type { Scope } from "../../protocol/line/token.ts";
import type { Viewer } from "../domain/caller.ts";
import { roleMay } from "../domain/role.ts";

export interface ProjectName {
  readonly owner: string;
  readonly project: string;
}

export interface Frame {
  /** Null: nobody is signed in. */
  readonly viewer: Viewer | null;
  /** That of the path; null: the page is about all of them, or none. */
  readonly project: ProjectName | null;
  /** Path and query. */
  readonly here: string;
  /** How many asks wait for an answer; null: not known here. */
  readonly waiting: number | null;
}

export const FrameContext = createContext<Frame>({ viewer: null, project: null, here: "/", waiting: null });

/** The frame of the page that is being rendered. */
export function useFrame(): Frame {
  return useContext(FrameContext);
}

/** Shows its children to who may do what they are for. Hiding is a courtesy: the request itself is judged again. */
export function May({ scope, children }: { readonly scope: Scope; readonly children?: Child }) {
  const { viewer } = useFrame();
  return viewer !== null && roleMay(viewer.role, scope) ? <>{children}</> : null;
}

/** The start of the paths of a project. */
export function projectPath({ owner, project }: ProjectName): string {
  return `/p/${encodeURIComponent(owner)}/${encodeURIComponent(project)}`;
}
