/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesOf } from "./bytes.ts";
import { walkLog } from "./commit_log.ts";
import { summarizeCommit } from "./commit_summary.ts";
import type { Commit } from "./object.ts";
import type { ObjectSource } from "./object_source.ts";

fc.configureGlobal({ seed: 1 });

/** Commit n has parents among those before it. */
const graph = fc.array(fc.tuple(fc.nat(20), fc.uniqueArray(fc.nat(29), { maxLength: 3 })), {
  minLength: 1,
  maxLength: 30,
}).map((rows) =>
  rows.map(([atSeconds, parents], n): Commit => ({
    tree: "t",
    parents: parents.filter((parent) => parent < n).map(String),
    committedAtSeconds: atSeconds,
  }))
);

Deno.test("a log has each commit once, and is the newest of what children have led to", () => {
  fc.assert(fc.property(graph, (commits) => {
    const commit = (id: string) => commits[Number(id)];
    const source: ObjectSource = {
      typeOf: () => "commit",
      sizeOf: () => 0,
      commit,
      tree: () => undefined,
      tag: () => undefined,
    };
    const open = [String(commits.length - 1)];
    const seen = new Set(open);
    for (const id of walkLog(source, open[0]!)) {
      const newest = Math.max(...open.map((other) => commit(other)!.committedAtSeconds));
      assert.ok(open.includes(id));
      assert.equal(commit(id)!.committedAtSeconds, newest);
      open.splice(open.indexOf(id), 1);
      for (const parent of commit(id)!.parents) {
        if (!seen.has(parent)) open.push(parent);
        seen.add(parent);
      }
    }
    assert.deepEqual(open, []);
  }));
});

Deno.test("a summary is what a log shows, and what is missing or absurd is empty", () => {
  const text =
    "tree t\nauthor A. U. Thor <a@b.c> 1700000000 +0200\ncommitter C <c@d> 1700000100 -0700\n\n\nOne  \ntwo\n";
  assert.deepEqual(summarizeCommit(bytesOf(text)), {
    authorName: "A. U. Thor",
    authorEmail: "a@b.c",
    authoredAtMs: 1_700_000_000_000,
    committedAtMs: 1_700_000_100_000,
    subject: "One",
  });
  const odd = summarizeCommit(bytesOf(`tree t\nauthor <> ${"9".repeat(30)} +0000\ncommitter x`));
  assert.deepEqual(odd, { authorName: "", authorEmail: "", authoredAtMs: 0, committedAtMs: 0, subject: "" });
  assert.equal(summarizeCommit(bytesOf("\n\n" + "x".repeat(10_000))).subject.length, 500);
});
