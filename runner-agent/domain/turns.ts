/** The states of a worktree that are kept, one after each turn of its agent: what is said of one, and how it is written. Pure. */
import { TURN_PROMPT_MAX_CHARS } from "../limits.ts";

/** Why a state was kept: the run's start, a turn's end, or as it was before it was put back to another. */
export type TurnKind = "start" | "turn" | "before_rewind";

export interface KeptTurn {
  /** Its number: of the states of this run, in their order; the oldest may be gone. */
  readonly turn: number;
  readonly kind: TurnKind;
  readonly atMs: number;
  /** Paths that differ from the state before it. */
  readonly filesChanged: number;
  /** Files too large to be kept. */
  readonly filesLeftOut: number;
  /** The first line of what began the turn; null where that is not known. */
  readonly prompt: string | null;
  /** Where the agent's branch was. */
  readonly headCommit: string;
}

export type TurnsErrorCode =
  | "turn_not_found"
  | "turn_not_kept"
  | "branch_invalid"
  | "directory_taken"
  | "agent_busy"
  | "turn_failed";

/** A refusal, in words for people. */
export interface TurnsError {
  readonly code: TurnsErrorCode;
  readonly message: string;
}

/** A commit's message: a subject for people, and the rest for {@link readTurn}. */
export function turnMessage(turn: KeptTurn): string {
  return `${subjectOf(turn)}\n\n${JSON.stringify(turn)}\n`;
}

/** Null: another's message. */
export function readTurn(message: string): KeptTurn | null {
  const line = message.trimEnd().split("\n").at(-1) ?? "";
  try {
    const read = JSON.parse(line) as KeptTurn;
    return Number.isSafeInteger(read.turn) ? read : null;
  } catch {
    return null;
  }
}

/** The first line that says something, bounded. */
export function firstLine(prompt: string): string | null {
  const line = prompt.split("\n").map((one) => one.replaceAll(/\p{Cc}+/gu, " ").trim()).find((one) =>
    one !== ""
  );
  if (line === undefined) return null;
  return line.length <= TURN_PROMPT_MAX_CHARS ? line : `${line.slice(0, TURN_PROMPT_MAX_CHARS - 1)}…`;
}

/** What an agent is told whose files were put back. */
export function rewoundNotice({ turn, kind, headCommit }: KeptTurn, keptAs: number): string {
  const when = kind === "start" ? "the station's start" : `turn ${turn}`;
  return `[Notice: a person has put the files of this worktree back to how they were after ${when}. Look at them before you ` +
    `go on: what you remember of later changes is not there any more (it is kept as turn ${keptAs}). Your commits were not ` +
    `touched; your branch was at ${headCommit} then, and \`git reset ${headCommit}\` puts it back there without changing files.]`;
}

/** A branch's name that git takes, of plain characters. */
export function isBranchName(name: string): boolean {
  return name.length <= 200 && /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/.test(name) &&
    !name.includes("..") && !name.split("/").some((part) => part.endsWith(".lock") || part.endsWith("."));
}

function subjectOf({ turn, kind, prompt }: KeptTurn): string {
  switch (kind) {
    case "start":
      return "Start of the station";
    case "before_rewind":
      return `State ${turn}: before it was put back`;
    case "turn":
      return `Turn ${turn}${prompt === null ? "" : `: ${prompt}`}`;
  }
}
