/**
 * What `runner gc` may remove: what belongs to a run that no journal knows, and images that a newer one replaced. Pure.
 *
 * 1. What a journal knows is never touched, whatever else speaks for it.
 * 2. While the runner itself is at work its containers are its own business: some are no run's, as those that look for a
 *    program. Directories are looked at before the journal, and a run is journalled before it has any; so those are safe.
 * 3. The home of an agent that was deleted stays for {@link KEPT_HOME_MAX_MS}.
 * 4. The newest image of each name stays, whatever a runner was told to use, and what may still be in the making.
 */
import { GC_IMAGE_MIN_AGE_MS, KEPT_HOME_MAX_MS } from "../limits.ts";

export interface GcFound {
  readonly kind: "container" | "sandbox_dir" | "hub_dir" | "worktree" | "log" | "home" | "image";
  /** For people. */
  readonly name: string;
  /** Whose it is; for an image its repository, without the tag. */
  readonly owner: string;
  readonly createdAtMs: number;
}

export interface GcKnown {
  readonly journalled: ReadonlySet<string>;
  readonly isRunnerAtWork: boolean;
  readonly imagesInUse: ReadonlySet<string>;
  readonly nowMs: number;
}

export type GcVerdict = { readonly kind: "remove"; readonly reason: string } | {
  readonly kind: "keep";
  readonly reason: string;
};

/** What to do with each, in the order that it was found in. */
export function planGc(found: readonly GcFound[], known: GcKnown): readonly GcVerdict[] {
  const newest = new Map<string, number>();
  for (const one of found) {
    if (one.kind !== "image") continue;
    newest.set(one.owner, Math.max(newest.get(one.owner) ?? 0, one.createdAtMs));
  }
  return found.map((one) => verdictOn(one, known, newest.get(one.owner)));
}

function verdictOn(one: GcFound, known: GcKnown, newestMs: number | undefined): GcVerdict {
  if (one.kind === "image") {
    if (known.imagesInUse.has(one.name)) return { kind: "keep", reason: "the runner is told to use it" };
    if (known.nowMs - one.createdAtMs < GC_IMAGE_MIN_AGE_MS) {
      return { kind: "keep", reason: "it was made just now" };
    }
    return one.createdAtMs === newestMs && one.owner !== ""
      ? { kind: "keep", reason: "the newest of its name" }
      : { kind: "remove", reason: "a newer one has replaced it" };
  }
  if (known.journalled.has(one.owner)) return { kind: "keep", reason: "its run is in the journal" };
  if (one.kind === "container" && known.isRunnerAtWork) {
    return { kind: "keep", reason: "its runner is at work and sees to it" };
  }
  if (one.kind === "home" && known.nowMs - one.createdAtMs < KEPT_HOME_MAX_MS) {
    return { kind: "keep", reason: "its agent was deleted without it" };
  }
  return { kind: "remove", reason: "no journal knows its run" };
}
