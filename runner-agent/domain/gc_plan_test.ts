import assert from "node:assert/strict";
import { type GcFound, type GcKnown, planGc } from "./gc_plan.ts";

const IDLE: GcKnown = {
  journalled: new Set(["known"]),
  isRunnerAtWork: false,
  imagesInUse: new Set(),
  nowMs: 10_000_000,
};
const of = (kind: GcFound["kind"], owner: string): GcFound => ({ kind, name: owner, owner, createdAtMs: 1 });
const image = (name: string, createdAtMs: number): GcFound => ({
  kind: "image",
  name,
  owner: name.split(":")[0]!,
  createdAtMs,
});
const kinds = (found: readonly GcFound[], known: GcKnown) =>
  planGc(found, known).map((verdict) => verdict.kind);

Deno.test("planGc never touches what a journal knows, of whatever kind", () => {
  const all = (["container", "sandbox_dir", "hub_dir", "worktree", "log"] as const).flatMap((kind) => [
    of(kind, "known"),
    of(kind, "unknown"),
  ]);
  assert.deepEqual(kinds(all, IDLE), all.map((one) => one.owner === "known" ? "keep" : "remove"));
});

Deno.test("planGc leaves containers to a runner that is at work, not what is left on the disk", () => {
  const found = [of("container", "unknown"), of("worktree", "unknown")];
  assert.deepEqual(kinds(found, { ...IDLE, isRunnerAtWork: true }), ["keep", "remove"]);
});

Deno.test("planGc keeps the newest image of each name and those in use", () => {
  const found = [image("a:1", 1), image("a:2", 2), image("b:1", 1), image("a:0", 0)];
  assert.deepEqual(kinds(found, { ...IDLE, imagesInUse: new Set(["a:0"]) }), [
    "remove",
    "keep",
    "keep",
    "keep",
  ]);
  assert.deepEqual(kinds([image("", 5)], IDLE), ["remove"], "one without a name");
  const young = [image("a:1", 9_999_999), image("a:2", 10_000_000)];
  assert.deepEqual(kinds(young, IDLE), ["keep", "keep"], "they may be in the making");
});

Deno.test("planGc keeps the home of a deleted agent for a month", () => {
  const home = of("home", "unknown");
  const at = (nowMs: number) => planGc([home], { ...IDLE, nowMs })[0]!.kind;
  assert.deepEqual([at(1_000), at(30 * 24 * 3_600_000), at(30 * 24 * 3_600_000 + 1)], [
    "keep",
    "keep",
    "remove",
  ]);
});
