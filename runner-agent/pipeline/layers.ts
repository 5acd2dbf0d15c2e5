/**
 * The layers of a desk: a file that is named, over the project's, over the user's default. A file that has hooks and no FROM
 * changes the one below it (Pipeline s08); one without hooks stands for itself.
 */
import { join } from "node:path/posix";
import { defaultPipelinePath, listPipelines, markedPipeline } from "./discover.ts";
import { perform, type Routine } from "./effect.ts";
import { HOOKS } from "./inherit.ts";
import type { RawFile } from "./raw_file.ts";
import type { Surroundings } from "./run_state.ts";

export type LayerBelow =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "none" }
  /** The project has several, and none is marked. */
  | { readonly kind: "ambiguous"; readonly paths: readonly string[] };

export function hasHooks({ steps }: Pick<RawFile, "steps">): boolean {
  return steps?.some(({ fields }) => HOOKS.some((hook) => fields.values[hook] !== undefined)) ?? false;
}

/**
 * What discovery would find if this file, and what lies over it, were not there. Which pipeline was used last does not count.
 *
 * @param path Absolute: one that discovery found, or a layer of such a one.
 */
export function* layerBelow(path: string, { cwd, home }: Surroundings): Routine<LayerBelow> {
  const own = defaultPipelinePath(home);
  if (path === own) return { kind: "none" };
  const marked = yield* markedPipeline(cwd);
  const project = marked === null
    ? (yield* listPipelines(join(cwd, ".ail"))).map((candidate) => candidate.path)
    : [marked];
  if (project.length > 0 && !project.includes(path)) {
    return project.length === 1 ? { kind: "file", path: project[0]! } : { kind: "ambiguous", paths: project };
  }
  const isThere = (yield* perform<"read_file">({ kind: "read_file", path: own })).ok;
  return isThere ? { kind: "file", path: own } : { kind: "none" };
}
