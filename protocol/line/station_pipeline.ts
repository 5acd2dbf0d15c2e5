/** What a station says of its pipeline: `operatorConfig.pipeline` (Pipeline, in a station). */

/** Of a project's pipelines none is followed. */
export const NO_PIPELINE = "none";

export type PipelineWish =
  /** Nothing is said: the project's own, if it has one. */
  | { readonly kind: "unsaid" }
  | { readonly kind: "none" }
  /** Below the worktree: names with `/` between. */
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "text"; readonly text: string }
  /** The error is for people. */
  | { readonly kind: "wrong"; readonly error: string };

/** A text of several lines is the pipeline itself, another one names its file. */
export function readPipelineWish(value: unknown): PipelineWish {
  if (value === undefined || value === null || value === "") return { kind: "unsaid" };
  if (typeof value !== "string") return { kind: "wrong", error: WRONG };
  if (value.trim() === NO_PIPELINE) return { kind: "none" };
  if (value.includes("\n")) return { kind: "text", text: value };
  const parts = value.trim().split("/").filter((part) => part !== "" && part !== ".");
  const isOutside = /^[/~]/.test(value.trim()) || value.includes("\0") || parts.includes("..");
  if (isOutside || parts.length === 0) return { kind: "wrong", error: WRONG };
  return { kind: "path", path: parts.join("/") };
}

const WRONG =
  "expected the path of a file below the worktree, such as '.ail/check/default.yaml', the text of a pipeline, or 'none'";
