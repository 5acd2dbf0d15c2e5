/// <reference lib="deno.ns" />
/** Walks over random histories, against a naive model that works with whole sets. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { INFINITE_DEPTH } from "./fetch_request.ts";
import { isCovered, selectObjects } from "./history_walk.ts";
import { NO_FILTER, type ObjectFilter } from "./object_filter.ts";
import type { Commit, TreeEntry } from "./object.ts";
import type { ObjectSource } from "./object_source.ts";
import { planShallow } from "./shallow_plan.ts";

fc.configureGlobal({ seed: 1 });

/** Commit `n` has tree `tn` with the files of `files[n]` and parents among the commits before it. */
interface Graph {
  readonly parents: number[][];
  readonly files: number[][];
}

const graph: fc.Arbitrary<Graph> = fc.integer({ min: 1, max: 14 }).chain((count) =>
  fc.record({
    parents: fc.tuple(...Array.from({ length: count }, (_, n) =>
      n === 0 ? fc.constant([] as number[]) : fc.uniqueArray(fc.nat(n - 1), { minLength: 1, maxLength: 2 }))),
    files: fc.array(fc.array(fc.nat(5), { maxLength: 3 }), { minLength: count, maxLength: count }),
  })
);

const cid = (n: number) => `c${n}`;

function sourceOf({ parents, files }: Graph): ObjectSource {
  const number = (id: string) => Number(id.slice(1));
  const commit = (id: string): Commit | undefined =>
    id.startsWith("c") && parents[number(id)] !== undefined
      ? { tree: `t${number(id)}`, parents: parents[number(id)]!.map(cid), committedAtSeconds: number(id) }
      : undefined;
  const tree = (id: string): TreeEntry[] | undefined =>
    id.startsWith("t")
      ? files[number(id)]!.map((f) => ({ mode: "100644", name: `${f}`, id: `b${f}` }))
      : undefined;
  return {
    typeOf: (id) => commit(id) ? "commit" : tree(id) ? "tree" : id.startsWith("b") ? "blob" : undefined,
    sizeOf: (id) => id.startsWith("b") ? 10 * number(id) : 0,
    commit,
    tree,
    tag: () => undefined,
  };
}

/** Every object that `starts` reach if history ends at `cuts`. */
function closure(source: ObjectSource, starts: readonly string[], cuts: ReadonlySet<string>): Set<string> {
  const all = new Set<string>();
  const visit = (id: string) => {
    const commit = source.commit(id)!;
    if (all.has(id)) return;
    all.add(id).add(commit.tree);
    for (const entry of source.tree(commit.tree)!) all.add(entry.id);
    if (!cuts.has(id)) commit.parents.forEach(visit);
  };
  starts.forEach(visit);
  return all;
}

Deno.test("after a fetch the client has all that its wants reach, and is sent no commit twice", () => {
  const input = graph.chain((g) =>
    fc.record({
      g: fc.constant(g),
      want: fc.nat(g.parents.length - 1),
      have: fc.option(fc.nat(g.parents.length - 1), { nil: undefined }),
      firstDepth: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
      depth: fc.option(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(INFINITE_DEPTH)), {
        nil: undefined,
      }),
      isRelative: fc.boolean(),
    })
  );
  fc.assert(
    fc.property(input, ({ g, want, have, firstDepth, depth, isRelative }) => {
      const source = sourceOf(g);
      const deepenBy = (n: number | undefined, relative: boolean) =>
        n === undefined
          ? { kind: "none" as const }
          : { kind: "depth" as const, depth: n, isRelative: relative };
      const plan = (wants: string[], clientShallow: string[], n: number | undefined, relative: boolean) => {
        const planned = planShallow(
          source,
          { wants, clientShallow, deepen: deepenBy(n, relative) },
          () => undefined,
        );
        assert.ok(planned.ok);
        return planned.value;
      };
      // The client's first clone, by the same code.
      const haves = have === undefined ? [] : [cid(have)];
      const first = plan(haves, [], firstDepth, false);
      const client = closure(source, haves, first.cuts);
      // Then the fetch.
      const wants = [cid(want)];
      const clientShallow = [...first.cuts];
      const second = plan(wants, clientShallow, depth, isRelative && clientShallow.length > 0);
      const input = { wants, common: haves, clientShallow, plan: second, tags: [], filter: NO_FILTER };
      const sent = selectObjects(source, input);
      assert.equal(new Set(sent).size, sent.length);
      for (const id of sent) {
        assert.ok(!(id.startsWith("c") && client.has(id)), `${id} was sent again`);
      }
      const after = new Set([...client, ...sent]);
      for (const id of closure(source, [...wants, ...haves], second.cuts)) {
        assert.ok(after.has(id), `${id} is missing`);
      }
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("a depth ends history at that distance, and at no root", () => {
  const source = sourceOf({ parents: [[], [0], [1], [2]], files: [[], [], [], []] });
  const request = (depth: number) => ({
    wants: ["c3"],
    clientShallow: [],
    deepen: { kind: "depth" as const, depth, isRelative: false },
  });
  const shallow = (depth: number) => {
    const planned = planShallow(source, request(depth), () => undefined);
    return planned.ok ? planned.value.shallow : planned.error;
  };
  assert.deepEqual(shallow(1), ["c3"]);
  assert.deepEqual(shallow(3), ["c1"]);
  assert.deepEqual(shallow(4), []);
});

Deno.test("a date or a name selects commits, and selecting none is an error", () => {
  const source = sourceOf({ parents: [[], [0], [1], [2]], files: [[], [], [], []] });
  const planned = (sinceSeconds: number | null, notRefs: string[]) =>
    planShallow(
      source,
      { wants: ["c3"], clientShallow: [], deepen: { kind: "range", sinceSeconds, notRefs } },
      (name) => name === "v1" ? "c1" : undefined,
    );
  const since = planned(2, []);
  assert.deepEqual(since.ok && since.value.shallow, ["c2"]);
  const not = planned(null, ["v1"]);
  assert.deepEqual(not.ok && not.value.shallow, ["c2"]);
  assert.deepEqual(planned(99, []), { ok: false, error: { reason: "nothing_selected" } });
  assert.deepEqual(planned(null, ["v9"]), { ok: false, error: { reason: "unknown_ref", ref: "v9" } });
});

Deno.test("wants are covered when each leads to a common commit", () => {
  const source = sourceOf({ parents: [[], [0], [0], [1, 2]], files: [[], [], [], []] });
  assert.equal(isCovered(source, ["c3", "c1"], new Set(["c1"])), true);
  assert.equal(isCovered(source, ["c3", "c2"], new Set(["c1"])), false);
  assert.equal(isCovered(source, ["c2"], new Set()), false);
});

Deno.test("a filter leaves out exactly what it says, and what is wanted by its id is sent", () => {
  fc.assert(fc.property(graph, fc.nat(60), fc.nat(2), (g, blobBytes, treeDepth) => {
    const source = sourceOf(g);
    const tip = g.parents.length - 1;
    const plan = planShallow(
      source,
      { wants: [cid(tip)], clientShallow: [], deepen: { kind: "none" } },
      () => undefined,
    );
    assert.ok(plan.ok);
    const send = (wants: string[], filter: ObjectFilter) =>
      selectObjects(source, { wants, common: [], clientShallow: [], plan: plan.value, tags: [], filter })
        .sort();
    const all = [...closure(source, [cid(tip)], new Set())];
    const kept = (id: string) => !id.startsWith("b") || source.sizeOf(id)! < blobBytes;
    assert.deepEqual(send([cid(tip)], { ...NO_FILTER, blobBytes }), all.filter(kept).sort());
    const reached = (id: string) =>
      id.startsWith("c") || (id.startsWith("t") && treeDepth > 0) || (id.startsWith("b") && treeDepth > 1);
    assert.deepEqual(send([cid(tip)], { ...NO_FILTER, treeDepth }), all.filter(reached).sort());
    const none = { blobBytes: 0, treeDepth: 0 };
    for (const id of [`t${tip}`, "b5"]) assert.deepEqual(send([id], none), [id]);
  }));
});
