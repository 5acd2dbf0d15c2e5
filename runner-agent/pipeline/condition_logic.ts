/** Conditions of several parts: `and`, `or`, `not` and brackets around comparisons of numbers and words (Pipeline s12). */
import { err, ok, type Result } from "../../protocol/result.ts";
import type { Condition } from "./ast.ts";

/** Of brackets and `not`, one within the other: deeper than anybody writes. */
const DEPTH_MAX = 32;

/** Reads one part; null when it is none. */
export type ReadPart = (text: string) => Result<Condition, string> | null;

interface Piece {
  /** `part` is anything between the others. */
  readonly kind: "and" | "or" | "not" | "(" | ")" | "part";
  readonly from: number;
  readonly to: number;
}

/**
 * `not` binds before `and`, `and` before `or`.
 *
 * @param inside Whether a position lies within a variable, where nothing is cut.
 * @returns Null when it is no condition at all; the error is one sentence.
 */
export function readLogic(
  text: string,
  inside: (at: number) => boolean,
  readPart: ReadPart,
): Result<Condition, string> | null {
  const reader = new Reader(text, piecesOf(text, inside), readPart);
  const condition = reader.any(0);
  if (condition !== null && condition.ok && !reader.isAtEnd) return reader.refuse("what comes after it");
  return condition;
}

function piecesOf(text: string, inside: (at: number) => boolean): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  const part = (to: number) => {
    if (text.slice(from, to).trim() !== "") pieces.push({ kind: "part", from, to });
  };
  for (const { 0: word, index } of text.matchAll(/(?<!\S)(?:and|or|not)(?!\S)|(?<!\S)not(?=\()|[()]/g)) {
    if (inside(index)) continue;
    part(index);
    from = index + word.length;
    pieces.push({ kind: word as Piece["kind"], from: index, to: from });
  }
  part(text.length);
  return pieces;
}

class Reader {
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly pieces: readonly Piece[],
    private readonly readPart: ReadPart,
  ) {}

  get isAtEnd(): boolean {
    return this.#at === this.pieces.length;
  }

  any(depth: number): Result<Condition, string> | null {
    return this.#joined("or", () => this.#joined("and", () => this.#one(depth)));
  }

  refuse(what: string): Result<never, string> {
    return err(`the condition '${this.text}' cannot be read: ${what} is no condition`);
  }

  #joined(
    kind: "and" | "or",
    next: () => Result<Condition, string> | null,
  ): Result<Condition, string> | null {
    const from = this.#at;
    const parts: Condition[] = [];
    do {
      const part = next();
      if (part === null || !part.ok) return part;
      parts.push(part.value);
    } while (this.#take(kind));
    return ok(parts.length === 1 ? parts[0]! : { kind, parts, text: this.#written(from) });
  }

  #one(depth: number): Result<Condition, string> | null {
    if (depth > DEPTH_MAX) return err(`a condition may have ${DEPTH_MAX} brackets within each other`);
    const from = this.#at;
    if (this.#take("not")) {
      const part = this.#one(depth + 1);
      if (part === null || !part.ok) return part;
      return ok({ kind: "not", parts: [part.value], text: this.#written(from) });
    }
    if (this.#take("(")) {
      const inner = this.any(depth + 1);
      if (inner === null || !inner.ok) return inner;
      return this.#take(")") ? inner : err(`the condition '${this.text}' has a bracket that is not closed`);
    }
    const piece = this.pieces[this.#at];
    if (piece?.kind !== "part") return this.pieces.length > 1 ? this.refuse("a part of it") : null;
    this.#at++;
    return this.readPart(this.text.slice(piece.from, piece.to));
  }

  #take(kind: Piece["kind"]): boolean {
    if (this.pieces[this.#at]?.kind !== kind) return false;
    this.#at++;
    return true;
  }

  #written(from: number): string {
    return this.text.slice(this.pieces[from]!.from, this.pieces[this.#at - 1]!.to).trim();
  }
}
