/**
 * Which objects to send: everything that the wants reach and the client does not have. Pure, over the synchronous
 * {@link ObjectSource}.
 *
 * Model: the client *has* what its common commits reach when history ends at its old shallow commits; it *will have*
 * what the wants reach when history ends at the planned cuts. The difference is sent. Trees are compared by marking
 * the trees of the commits at the border (parents of sent commits that the client has), not of its whole history.
 *
 * Invariant: nothing is left out that the client lacks, but for what its filter leaves out and what it said it could do
 * without when it made a partial clone. Sending something twice is allowed, and only costs bytes.
 */
import { MODE_DIRECTORY, MODE_SUBMODULE } from "./object.ts";
import { NO_FILTER, type ObjectFilter } from "./object_filter.ts";
import { type ObjectSource, peel } from "./object_source.ts";
import type { ShallowPlan } from "./shallow_plan.ts";

export interface WalkInput {
  readonly wants: readonly string[];
  /** Ids that both sides have. */
  readonly common: readonly string[];
  readonly clientShallow: readonly string[];
  readonly plan: ShallowPlan;
  /** Annotated tags to add when what they name is sent (`include-tag`). */
  readonly tags: readonly string[];
  /** What a partial clone leaves out. */
  readonly filter: ObjectFilter;
}

/** The ids of the objects to send: tags and commits, then trees and blobs. */
export function selectObjects(source: ObjectSource, input: WalkInput): string[] {
  const has = commitsReached(source, input.common, new Set(input.clientShallow));
  const send = new Set<string>();
  const border = new Set<string>();
  const roots: string[] = [];
  const stack: string[] = [];
  for (const want of input.wants) {
    const { id, tags } = peel(source, want);
    for (const tag of tags) send.add(tag);
    if (source.commit(id) !== undefined) stack.push(id);
    else roots.push(id);
  }
  for (const id of input.plan.unshallow) stack.push(...source.commit(id)!.parents);
  const seen = new Set<string>();
  const commits: string[] = [];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    const commit = source.commit(id);
    if (commit === undefined) continue;
    const isKnown = has.has(id);
    if (!isKnown) commits.push(id);
    // Without a change of depth the client has everything behind what it has; with one, holes may lie behind.
    if (isKnown && !input.plan.isDeepening) continue;
    if (input.plan.cuts.has(id)) continue;
    for (const parent of commit.parents) {
      if (!isKnown && has.has(parent)) border.add(parent);
      stack.push(parent);
    }
  }
  for (const id of input.clientShallow) if (has.has(id)) border.add(id);
  const excluded = new Set<string>();
  const excluding = new TreeWalk(source, excluded, new Set(), NO_FILTER);
  for (const id of border) excluding.collect(source.commit(id)!.tree);
  for (const id of commits) send.add(id);
  const sending = new TreeWalk(source, send, excluded, input.filter);
  for (const id of commits) sending.collect(source.commit(id)!.tree);
  for (const id of roots) sending.collectWanted(id);
  for (const tag of input.tags) {
    const peeled = peel(source, tag);
    if (send.has(peeled.id)) { for (const id of peeled.tags) send.add(id); }
  }
  return [...send];
}

/** Do the common commits cover every want, so that looking for more of them cannot save much? */
export function isCovered(
  source: ObjectSource,
  wants: readonly string[],
  common: ReadonlySet<string>,
): boolean {
  // A commit that is known to lead to no common one is not walked again.
  const barren = new Set<string>();
  return wants.every((want) => {
    const visited = new Set<string>();
    const stack = [peel(source, want).id];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (common.has(id)) return true;
      if (visited.has(id) || barren.has(id)) continue;
      visited.add(id);
      stack.push(...(source.commit(id)?.parents ?? []));
    }
    for (const id of visited) barren.add(id);
    return false;
  });
}

function commitsReached(
  source: ObjectSource,
  starts: readonly string[],
  cuts: ReadonlySet<string>,
): Set<string> {
  const reached = new Set<string>();
  const stack = starts.map((id) => peel(source, id).id);
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (reached.has(id)) continue;
    const commit = source.commit(id);
    if (commit === undefined) continue;
    reached.add(id);
    if (!cuts.has(id)) stack.push(...commit.parents);
  }
  return reached;
}

/** Adds trees with all that they hold to `into`, except what is there or in `excluded` already, or left out. */
class TreeWalk {
  /** The least depth at which each tree was entered; only kept where depth matters. */
  readonly #enteredAt = new Map<string, number>();
  readonly #isDepthBound: boolean;

  constructor(
    private readonly source: ObjectSource,
    private readonly into: Set<string>,
    private readonly excluded: ReadonlySet<string>,
    private readonly filter: ObjectFilter,
  ) {
    this.#isDepthBound = filter.treeDepth !== Infinity;
  }

  /** A commit's tree. */
  collect(root: string): void {
    if (this.filter.treeDepth > 0 && this.#enters(root, 0)) this.#walk(root);
  }

  /** A tree or blob that the client wants by its id: it is sent whatever the filter says, but for what it holds. */
  collectWanted(root: string): void {
    this.into.add(root);
    if (this.source.typeOf(root) === "tree") this.#walk(root);
  }

  #walk(root: string): void {
    const stack = [root];
    const depths = [0];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      const depth = depths.pop()! + 1;
      if (depth > this.filter.treeDepth) continue;
      for (const entry of this.source.tree(id) ?? []) {
        if (entry.mode === MODE_DIRECTORY) {
          if (depth < this.filter.treeDepth && this.#enters(entry.id, depth)) {
            stack.push(entry.id);
            depths.push(depth);
          }
        } else if (entry.mode !== MODE_SUBMODULE && this.#sendsBlob(entry.id, depth)) {
          this.into.add(entry.id);
        }
      }
    }
  }

  /** Notes a tree at this depth; false if there is nothing new below it. */
  #enters(id: string, depth: number): boolean {
    if (this.excluded.has(id)) return false;
    if (!this.#isDepthBound) {
      if (this.into.has(id)) return false;
    } else {
      const before = this.#enteredAt.get(id);
      if (before !== undefined && before <= depth) return false;
      this.#enteredAt.set(id, depth);
    }
    this.into.add(id);
    return true;
  }

  #sendsBlob(id: string, depth: number): boolean {
    if (this.excluded.has(id) || depth >= this.filter.treeDepth) return false;
    return this.filter.blobBytes === Infinity || (this.source.sizeOf(id) ?? 0) < this.filter.blobBytes;
  }
}
