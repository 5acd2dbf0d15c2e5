/** What a log shows of a commit. Pure; the commit was checked when it was stored. */
import { textOf } from "./bytes.ts";

export interface CommitSummary {
  readonly authorName: string;
  readonly authorEmail: string;
  /** Unix milliseconds. */
  readonly authoredAtMs: number;
  /** Unix milliseconds. */
  readonly committedAtMs: number;
  /** The message's first line. */
  readonly subject: string;
}

/** Longer lines are cut: a log is a list. */
const SUBJECT_MAX_CHARS = 500;
/** What a date can be, either side of 1970; anybody can write any number into a commit. */
const DATE_MAX_MS = 8.64e15;
const PERSON = /^(.*?) ?<([^>]*)> (-?\d+) [+-]\d+$/;

/** Reads a commit's data. What is not there, or not in git's form, is empty or 0. */
export function summarizeCommit(data: Uint8Array): CommitSummary {
  const text = textOf(data);
  const end = text.indexOf("\n\n");
  const headers = (end < 0 ? text : text.slice(0, end)).split("\n");
  const message = end < 0 ? "" : text.slice(end + 2).replace(/^\n+/, "");
  const author = personOf(headers, "author ");
  return {
    authorName: author.name,
    authorEmail: author.email,
    authoredAtMs: author.atMs,
    committedAtMs: personOf(headers, "committer ").atMs,
    subject: message.slice(0, SUBJECT_MAX_CHARS).split("\n")[0]!.trimEnd(),
  };
}

function personOf(headers: readonly string[], word: string) {
  const line = headers.find((header) => header.startsWith(word))?.slice(word.length) ?? "";
  const [, name = "", email = "", seconds = "0"] = PERSON.exec(line) ?? [];
  const atMs = Number(seconds) * 1_000;
  return { name, email, atMs: Math.abs(atMs) <= DATE_MAX_MS ? atMs : 0 };
}
