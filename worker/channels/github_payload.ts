/** GitHub's webhook payloads, as far as they are read: a submitted review, and a comment with a command. Pure. */
import { z } from "zod";
import { ULID_PATTERN } from "../../protocol/ids.ts";

const COMMENT_MAX_CHARS = 2_000;
const COMMIT = /^[0-9a-f]{40}$/i;

const login = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,98}(?:\[bot\])?$/);
const at = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const repository = z.object({ full_name: z.string().regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/) });

/** `commit_id` is the head that the reviewer looked at. */
export const reviewEvent = z.object({
  action: z.string(),
  review: z.object({
    user: z.object({ login }),
    state: z.string(),
    commit_id: z.string().regex(COMMIT),
    body: z.string().nullish(),
    submitted_at: at,
  }),
  pull_request: z.object({ number: z.number().int().positive() }),
  repository,
});

export const commentEvent = z.object({
  action: z.string(),
  issue: z.object({ number: z.number().int().positive() }),
  comment: z.object({ user: z.object({ login }), body: z.string(), created_at: at }),
  repository,
});

/** How an ask is about an issue or a pull request. GitHub's names are the same in any case. */
export function subjectRefOf(fullName: string, number: number): string {
  return `github:${fullName}#${number}`;
}

/** A command in a comment. `askId` null: the ask about this issue or pull request. */
export interface Command {
  readonly action: "approve" | "reject";
  readonly askId: string | null;
  readonly rev: string | null;
  readonly comment: string;
}

/**
 * Reads a command off the first line: `/approve`, `/approve COMMIT`, `/reject REASON`, each with or without the id of an ask
 * after the verb. Null: the comment is none. What `/approve` does not understand makes it none, too: somebody who writes
 * more than that may mean something else.
 *
 * @example
 * ```ts
 * readCommand("/reject it leaks"); // { action: "reject", askId: null, rev: null, comment: "it leaks" }
 * ```
 */
export function readCommand(body: string): Command | null {
  const [first = "", ...rest] = body.trim().split(/\r?\n/);
  const [verb, ...words] = first.trim().split(/\s+/);
  if (verb !== "/approve" && verb !== "/reject") return null;
  const askId = words[0] !== undefined && ULID_PATTERN.test(words[0].toLowerCase())
    ? words.shift()!.toLowerCase()
    : null;
  if (verb === "/reject") {
    const comment = [words.join(" "), ...rest].join("\n").trim().slice(0, COMMENT_MAX_CHARS);
    return { action: "reject", askId, rev: null, comment };
  }
  const rev = words[0] !== undefined && COMMIT.test(words[0]) ? words.shift()!.toLowerCase() : null;
  if (words.length > 0) return null;
  return { action: "approve", askId, rev, comment: rest.join("\n").trim().slice(0, COMMENT_MAX_CHARS) };
}
