/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { withGitBinary } from "../../test/fake/git_binary.ts";
import { bytesOf, textOf } from "./bytes.ts";
import { makeInitialCommit } from "./initial_commit.ts";
import { encodeTree, parseCommit, parseTag, parseTree, referencesOf } from "./object.ts";
import { hashObject, isObjectId, objectIdBytes, readObjectId } from "./object_id.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);

Deno.test("ids are those that git computes, and go to bytes and back", () =>
  withGitBinary(async (git) => {
    for (const text of ["", "hello\n", "é".repeat(1000)]) {
      const id = textOf(await git.run(["hash-object", "--stdin"], text)).trim();
      assert.equal(hashObject("blob", bytesOf(text)), id);
      assert.equal(readObjectId(objectIdBytes(id)), id);
      assert.ok(isObjectId(id));
    }
    assert.ok(!isObjectId(A.toUpperCase()) && !isObjectId(A + "a"));
  }));

Deno.test("trees are written in git's order and read back", () =>
  withGitBinary(async (git) => {
    const blob = textOf(await git.run(["hash-object", "-w", "--stdin"], "x")).trim();
    const empty = textOf(await git.run(["hash-object", "-w", "-t", "tree", "--stdin"])).trim();
    // A directory compares as if its name ended with a slash: `a.b` before `a/`, before `a0`.
    const entries = [
      { mode: "40000", name: "a", id: empty },
      { mode: "100644", name: "a0", id: blob },
      { mode: "100755", name: "a.b", id: blob },
      { mode: "120000", name: "é", id: blob },
    ];
    const listing = entries.map(({ mode, name, id }) =>
      `${mode.padStart(6, "0")} ${mode === "40000" ? "tree" : "blob"} ${id}\t${name}\0`
    );
    const id = textOf(await git.run(["mktree", "-z"], listing.join(""))).trim();
    const data = encodeTree(entries);
    assert.equal(hashObject("tree", data), id);
    const parsed = parseTree(data);
    assert.ok(parsed.ok);
    assert.deepEqual(parsed.value.map(({ name }) => name), ["a.b", "a", "a0", "é"]);
  }));

Deno.test("trees that would write outside their folder on checkout are malformed", () => {
  for (const name of ["..", ".", "", ".git", ".GIT", "a/b"]) {
    assert.equal(parseTree(encodeTree([{ mode: "100644", name, id: A }])).ok, false, name);
  }
  assert.equal(parseTree(encodeTree([{ mode: "777", name: "a", id: A }])).ok, false);
  assert.equal(parseTree(encodeTree([{ mode: "100644", name: "a", id: A }]).subarray(0, 20)).ok, false);
});

Deno.test("a commit names its tree, its parents and its time", () => {
  const who = "T <t@localhost> 1700000000 +0100";
  const text =
    `tree ${A}\nparent ${B}\nparent ${A}\nauthor ${who}\ncommitter ${who}\nencoding x\n\ncommitter no\n`;
  const commit = parseCommit(bytesOf(text));
  assert.deepEqual(commit, {
    ok: true,
    value: { tree: A, parents: [B, A], committedAtSeconds: 1_700_000_000 },
  });
  for (const bad of ["", `tree ${A}`, text.replace(A, "zz"), text.replace(`parent ${B}`, "parent x")]) {
    assert.equal(parseCommit(bytesOf(bad)).ok, false);
  }
});

Deno.test("references are the objects that must be there too, and submodules are not", () => {
  const tree = encodeTree([{ mode: "160000", name: "module", id: B }, { mode: "40000", name: "d", id: A }]);
  assert.deepEqual(referencesOf("tree", tree), { ok: true, value: [{ id: A, type: "tree" }] });
  const tag = bytesOf(`object ${A}\ntype commit\ntag v1\n\n`);
  assert.deepEqual(referencesOf("tag", tag), { ok: true, value: [{ id: A, type: "commit" }] });
  assert.equal(parseTag(bytesOf(`object ${A}\ntype nonsense\n\n`)).ok, false);
});

Deno.test("the first commit of a task is the same whoever makes it, and git accepts it", () =>
  withGitBinary(async (git) => {
    const first = makeInitialCommit("01hf", 1_700_000_000_999);
    assert.deepEqual(makeInitialCommit("01hf", 1_700_000_000_999), first);
    assert.notEqual(makeInitialCommit("01hg", 1_700_000_000_999).commitId, first.commitId);
    for (const { id, type, data } of first.objects) {
      assert.equal(textOf(await git.run(["hash-object", "-w", "-t", type, "--stdin"], data)).trim(), id);
    }
    await git.run(["update-ref", "refs/heads/main", first.commitId]);
    assert.equal(textOf(await git.run(["fsck", "--full", "--strict"])), "");
  }));
