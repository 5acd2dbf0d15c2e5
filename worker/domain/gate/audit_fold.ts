/**
 * Looks and refused attempts of an ask that has many of them. Each has a link of its own in the audit chain, and as many come
 * as somebody asks; so beyond some thousands of links those that are alike share one, which says how many they were and when
 * the last one was.
 *
 * 1. Nothing is left out of the chain: counts of alike events, added to the links of their own, are all that happened.
 * 2. Events are alike when who, by which way, what, and why it was refused are the same; of what else they said, the link
 *    has what they have in common.
 * 3. The links to come have the `seq` of their events: they go into the chain before anything that changes it.
 * 4. The longer the chain, the longer the time that shares links: a chain grows by kinds of events times people times days
 *    in the end, however often anybody asks, and can always be read as a whole.
 *
 * Pure.
 */
import { canonicalJson } from "../../../protocol/autonomy/audit_chain.ts";
import { GATE_AUDIT_FOLDS, GATE_AUDIT_FOLDS_ALIKE_MAX } from "../../limits.ts";
import type { AuditContent } from "./audit_entry.ts";

/** Events that are alike. */
interface Fold {
  readonly key: string;
  /** The first of them, without what they have not in common. */
  readonly content: AuditContent;
  readonly count: number;
  readonly lastAt: string;
}

/** What is counted and has no link yet. */
export interface Folding {
  /** When it gets its links, if nothing else happens before. */
  readonly untilMs: number;
  readonly folds: readonly Fold[];
}

/** How long alike events share a link in a chain of this length; 0: each has one of its own. */
export function foldWindowMs(links: number): number {
  return GATE_AUDIT_FOLDS.findLast((step) => links >= step.links)?.windowMs ?? 0;
}

/** Begins to count with this one. */
export function firstOf(
  entry: AuditContent,
  { nowMs, windowMs }: { readonly nowMs: number; readonly windowMs: number },
): Folding {
  return { untilMs: nowMs + windowMs, folds: [foldOf(entry)] };
}

/** Counts one more. Null: what was counted before has to be linked first. */
export function addToFolding(
  folding: Folding | null,
  entry: AuditContent,
  at: { readonly nowMs: number; readonly windowMs: number },
): Folding | null {
  if (folding === null) return firstOf(entry, at);
  const key = keyOf(entry);
  const known = folding.folds.findIndex((fold) => fold.key === key);
  const isFull = known < 0 && folding.folds.length >= GATE_AUDIT_FOLDS_ALIKE_MAX;
  if (at.nowMs >= folding.untilMs || isFull) return null;
  const folds = known < 0 ? [...folding.folds, foldOf(entry)] : folding.folds.with(known, {
    ...folding.folds[known]!,
    content: inCommon(folding.folds[known]!.content, entry),
    count: folding.folds[known]!.count + 1,
    lastAt: entry.at,
  });
  return { ...folding, folds };
}

/** The links to come, in the order of their first events. One that stands for itself alone is what it would have been. */
export function foldedEntries({ folds }: Folding): readonly AuditContent[] {
  return folds.map(({ content, count, lastAt }) =>
    count === 1 ? content : { ...content, detail: { ...content.detail, count, last_at: lastAt } }
  );
}

function foldOf(entry: AuditContent): Fold {
  return { key: keyOf(entry), content: entry, count: 1, lastAt: entry.at };
}

function keyOf({ at: _, detail, ...rest }: AuditContent): string {
  return canonicalJson({ ...rest, refused: detail?.["refused"] ?? null });
}

function inCommon(content: AuditContent, entry: AuditContent): AuditContent {
  const same = Object.entries(content.detail ?? {}).filter(([name, value]) =>
    canonicalJson(value) === canonicalJson(entry.detail?.[name] ?? null)
  );
  return { ...content, detail: Object.fromEntries(same) };
}
