/**
 * A look into the worktree of a run that is under way: asked of its runner over its socket, as an `agent_command` of a kind
 * of its own, and answered by `POST B/runs/{runId}/worktree/{commandId}`. Nothing of it is kept: who asked waits for it.
 */
import { z } from "zod";
import {
  WORKTREE_DIFF_MAX_BYTES,
  WORKTREE_ENTRIES_MAX,
  WORKTREE_FILE_MAX_BYTES,
  WORKTREE_PATH_MAX_CHARS,
} from "./limits.ts";

/** As the runner gets it. `path`: below the worktree, without slashes at its ends; "" is its root, and of a diff. */
export const worktreeAsk = z.object({
  runId: z.string(),
  commandId: z.string(),
  kind: z.enum(["worktree_look", "worktree_diff"]),
  path: z.string().max(WORKTREE_PATH_MAX_CHARS),
});
export type WorktreeAsk = z.infer<typeof worktreeAsk>;

const path = z.string().max(WORKTREE_PATH_MAX_CHARS);
const bytes = z.number().int().nonnegative();
const isCut = z.boolean().meta({ description: "There is more than is shown." });

const folder = z.strictObject({
  kind: z.literal("folder"),
  path,
  entries: z.array(z.strictObject({
    name: z.string().max(WORKTREE_PATH_MAX_CHARS),
    type: z.enum(["file", "folder", "link", "other"]),
    /** Of a file; else 0. */
    bytes,
  })).max(WORKTREE_ENTRIES_MAX),
  isCut,
});
const file = z.strictObject({
  kind: z.literal("file"),
  path,
  bytes,
  /** Null: it is no text. */
  text: z.string().max(WORKTREE_FILE_MAX_BYTES).nullable(),
  isCut,
});
/** Links are told of and never followed. */
const link = z.strictObject({
  kind: z.literal("link"),
  path,
  target: z.string().max(WORKTREE_PATH_MAX_CHARS),
});
const diff = z.strictObject({
  kind: z.literal("diff"),
  /** The commit that the station began at: what it committed since is part of the diff, and what it did not. */
  base: z.string().max(64),
  text: z.string().max(WORKTREE_DIFF_MAX_BYTES),
  isCut,
});

/** What `GET B/runs/{runId}/worktree` answers, and `.../worktree/diff`. */
export const worktreePlace = z.discriminatedUnion("kind", [folder, file, link]);
export const worktreeDiff = diff;

const refused = z.strictObject({
  kind: z.literal("refused"),
  why: z.enum(["no_worktree", "path_not_found", "failed"]),
});

/** What a runner says. */
export const worktreeAnswer = z.discriminatedUnion("kind", [folder, file, link, diff, refused]);
export type WorktreeAnswer = z.infer<typeof worktreeAnswer>;
export type WorktreeSeen = Exclude<WorktreeAnswer, { kind: "refused" }>;

/** The query of `GET B/runs/{runId}/worktree`. */
export const worktreeQuery = z.object({
  path: z.string().max(WORKTREE_PATH_MAX_CHARS).refine(isInside, {
    error: "expected a path below the worktree, without '..' and NUL",
  }).default(""),
});

/** Without slashes at its ends, doubled ones and `.`. */
export function plainPath(text: string): string {
  return text.split("/").filter((part) => part !== "" && part !== ".").join("/");
}

/** Does it stay where it begins, by its words? */
function isInside(text: string): boolean {
  return !text.includes("\0") && !text.split("/").includes("..");
}
