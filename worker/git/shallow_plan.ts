/**
 * Where a shallow client's history will end: which commits become or stop being *shallow* (known without their
 * parents) by one fetch. Pure, over the synchronous {@link ObjectSource}.
 */
import { err, ok, type Result } from "../../protocol/result.ts";
import { type FetchRequest, INFINITE_DEPTH } from "./fetch_request.ts";
import { type ObjectSource, peel } from "./object_source.ts";

export interface ShallowPlan {
  /** Newly shallow commits, told as `shallow <id>`. */
  readonly shallow: readonly string[];
  /** Commits whose parents come now, told as `unshallow <id>`. */
  readonly unshallow: readonly string[];
  /** All commits that the client will know without parents after this fetch. */
  readonly cuts: ReadonlySet<string>;
  /** Does the client ask for another depth at all? If so the shallow section is sent even when empty. */
  readonly isDeepening: boolean;
}

export type ShallowError = { readonly reason: "nothing_selected" } | {
  readonly reason: "unknown_ref";
  readonly ref: string;
};

/** Plans one request. `resolveRef` gives the commit that a `--shallow-exclude` name means. */
export function planShallow(
  source: ObjectSource,
  request: Pick<FetchRequest, "wants" | "clientShallow" | "deepen">,
  resolveRef: (name: string) => string | undefined,
): Result<ShallowPlan, ShallowError> {
  const { deepen } = request;
  const clientShallow = request.clientShallow.filter((id) => source.commit(id) !== undefined);
  if (deepen.kind === "none") {
    return ok({ shallow: [], unshallow: [], cuts: new Set(clientShallow), isDeepening: false });
  }
  const wanted = request.wants.map((id) => peel(source, id).id).filter((id) =>
    source.commit(id) !== undefined
  );
  if (deepen.kind === "depth") {
    if (deepen.depth >= INFINITE_DEPTH) return ok(plan(clientShallow, new Set(), new Set(clientShallow)));
    const starts = deepen.isRelative ? clientShallow : wanted;
    const { inside, edge } = walkDepth(source, starts, deepen.isRelative ? deepen.depth + 1 : deepen.depth);
    return ok(plan(clientShallow, edge, inside));
  }
  const excluded = new Set<string>();
  for (const ref of deepen.notRefs) {
    const id = resolveRef(ref);
    if (id === undefined) return err({ reason: "unknown_ref", ref });
    walk(source, [peel(source, id).id], excluded, () => true);
  }
  const since = deepen.sinceSeconds ?? -Infinity;
  const selected = new Set<string>();
  walk(source, wanted, selected, (id) => !excluded.has(id) && source.commit(id)!.committedAtSeconds >= since);
  if (selected.size === 0) return err({ reason: "nothing_selected" });
  const edge = new Set<string>();
  for (const id of selected) {
    if (source.commit(id)!.parents.some((parent) => !selected.has(parent))) edge.add(id);
  }
  return ok(plan(clientShallow, edge, new Set([...selected].filter((id) => !edge.has(id)))));
}

/** @param inside Visited commits that keep their parents. @param edge Visited commits that lose them. */
function plan(
  clientShallow: readonly string[],
  edge: ReadonlySet<string>,
  inside: ReadonlySet<string>,
): ShallowPlan {
  const known = new Set(clientShallow);
  const unshallow = clientShallow.filter((id) => inside.has(id));
  const cuts = new Set([...clientShallow.filter((id) => !inside.has(id)), ...edge]);
  return { shallow: [...edge].filter((id) => !known.has(id)), unshallow, cuts, isDeepening: true };
}

/** Breadth first, so that each commit gets its least depth; the starts have depth 1. */
function walkDepth(source: ObjectSource, starts: readonly string[], depthMax: number) {
  const inside = new Set<string>();
  const edge = new Set<string>();
  let level = [...new Set(starts)];
  for (let depth = 1; level.length > 0; depth++) {
    const next = new Set<string>();
    for (const id of level) {
      const parents = source.commit(id)?.parents ?? [];
      if (depth >= depthMax && parents.length > 0) {
        edge.add(id);
        continue;
      }
      inside.add(id);
      for (const parent of parents) next.add(parent);
    }
    level = [...next].filter((id) => !inside.has(id) && !edge.has(id));
  }
  return { inside, edge };
}

function walk(
  source: ObjectSource,
  starts: readonly string[],
  seen: Set<string>,
  enter: (id: string) => boolean,
) {
  const stack = [...starts];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id) || source.commit(id) === undefined || !enter(id)) continue;
    seen.add(id);
    stack.push(...source.commit(id)!.parents);
  }
}
