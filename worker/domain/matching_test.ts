/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { canDo, type JobDemand, missingFor } from "./matching.ts";

const CASES: readonly [needs: string[], runner: string[], missing: string[]][] = [
  // The worked table of Line 6.
  [["linux", "claude-code"], ["linux", "claude-code"], []],
  [["linux", "claude-code"], ["linux", "claude-code", "x86_64"], []],
  [["linux", "claude-code"], ["linux"], ["label claude-code"]],
  [["linux", "claude-code"], ["macos", "claude-code"], ["label linux"]],
  // And its edges.
  [[], [], []],
  [[], ["linux"], []],
  [["linux"], [], ["label linux"]],
  [["Linux"], ["linux"], ["label Linux"]],
  [["linux"], [" linux"], ["label linux"]],
];

Deno.test("a runner matches exactly if the station's labels are a subset of its own (Line 6)", async (t) => {
  for (const [labels, own, missing] of CASES) {
    await t.step(`[${labels}] on a runner with [${own}]`, () => {
      assert.deepEqual(missingFor({ labels, needs: [] }, { labels: own, capabilities: null }), missing);
    });
  }
});

Deno.test("needs must all be among the capabilities of the poll", () => {
  const job: JobDemand = { labels: [], needs: ["git:push", "alp_operator"] };
  const missing = (capabilities: string[] | null) => missingFor(job, { labels: [], capabilities });
  assert.deepEqual(missing(["alp_operator", "git:push", "x"]), []);
  assert.deepEqual(missing(["alp_operator"]), ["capability git:push"]);
  assert.deepEqual(missing([]), ["capability git:push", "capability alp_operator"]);
});

Deno.test("a runner that says nothing about capabilities is not constrained, one that says none has none", () => {
  const job: JobDemand = { labels: [], needs: ["git:push"] };
  assert.deepEqual(missingFor(job, { labels: [], capabilities: null }), []);
  assert.deepEqual(missingFor(job, { labels: [], capabilities: [] }), ["capability git:push"]);
});

Deno.test("a capability never stands in for a label, nor a label for a need", () => {
  const runner = { labels: ["a"], capabilities: ["b"] };
  assert.deepEqual(missingFor({ labels: ["b"], needs: ["a"] }, runner), ["label b", "capability a"]);
});

Deno.test("more labels and capabilities never make a runner worse", () => {
  const words = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 });
  fc.assert(fc.property(words, words, words, words, words, (labels, needs, own, can, more) => {
    const missing = missingFor({ labels, needs }, { labels: own, capabilities: can });
    const after = missingFor({ labels, needs }, {
      labels: [...own, ...more],
      capabilities: [...can, ...more],
    });
    assert.ok(after.every((what) => missing.includes(what)));
  }));
});

const OVERLAPS: readonly [needs: string[], runner: string[], missing: string[]][] = [
  [["linux", "claude-code"], ["linux", "claude-code"], []],
  [["linux", "claude-code"], ["linux"], []],
  [["linux", "claude-code"], ["macos"], ["one of the labels linux, claude-code"]],
  [["linux"], [], ["one of the labels linux"]],
  [["Linux"], ["linux"], ["one of the labels Linux"]],
  [[], [], []],
  [[], ["linux"], []],
];

Deno.test("where labels match by overlap one of the station's is enough (Line 6, the reference)", async (t) => {
  for (const [labels, own, missing] of OVERLAPS) {
    await t.step(`[${labels}] on a runner with [${own}]`, () => {
      const offer = { labels: own, capabilities: null, matching: "overlap" } as const;
      assert.deepEqual(missingFor({ labels, needs: [] }, offer), missing);
    });
  }
});

Deno.test("overlap lets every job through that superset does, and asks for needs all the same", () => {
  const words = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 });
  const offers = fc.option(words, { nil: null });
  fc.assert(fc.property(words, words, words, offers, (labels, needs, own, capabilities) => {
    const job = { labels, needs };
    const strict = { labels: own, capabilities };
    const loose = { ...strict, matching: "overlap" } as const;
    if (missingFor(job, strict).length === 0) assert.deepEqual(missingFor(job, loose), []);
    const lacked = (missing: string[]) => missing.filter((what) => what.startsWith("capability "));
    assert.deepEqual(lacked(missingFor(job, loose)), lacked(missingFor(job, strict)));
    for (const offer of [strict, loose]) {
      assert.equal(canDo(offer)(job), missingFor(job, offer).length === 0, "both ways of asking agree");
    }
    const meets = labels.length === 0 || labels.some((label) => own.includes(label));
    assert.equal(canDo({ ...loose, capabilities: null })(job), meets);
  }));
});
