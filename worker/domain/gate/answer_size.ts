/** How much of what people answered an ask keeps: it is one row, with what it shows and its schema. Pure. */
import { canonicalJson } from "../../../protocol/autonomy/audit_chain.ts";
import { GATE_ANSWERS_MAX_CHARS } from "../../limits.ts";
import type { Advice } from "./gate_view.ts";

interface Said {
  readonly out: unknown;
  readonly comment: string;
}

/** Does one more answer fit beside those on record? Null: it does. */
export function refuseSize(answers: readonly Said[], next: Said): string | null {
  return sizeOf([...answers, next]) <= GATE_ANSWERS_MAX_CHARS
    ? null
    : `expected at most ${GATE_ANSWERS_MAX_CHARS} characters of all answers together`;
}

/** Advice with one more. That of the oldest is forgotten but for who gave it and when, where there is no room for all. */
export function withAdvice(advice: readonly Advice[], next: Advice): readonly Advice[] {
  const all = [...advice, next];
  for (let forgotten = 0; sizeOf(all) > GATE_ANSWERS_MAX_CHARS && forgotten < all.length - 1; forgotten++) {
    all[forgotten] = { ...all[forgotten]!, out: null, comment: "" };
  }
  return all;
}

function sizeOf(said: readonly Said[]): number {
  return said.reduce((sum, { out, comment }) => sum + canonicalJson(out).length + comment.length, 0);
}
