import assert from "node:assert/strict";
import fc from "fast-check";
import { besideProject, parseGitmodules, planSubmodules } from "./worktree_submodules.ts";

Deno.test("a submodule has a path and a URL, whatever its name, and the last word counts", () => {
  const listing = [
    "submodule.a.path\nlib/a",
    "submodule.a.url\nhttps://h/a",
    "submodule.x.y z.url\n../b",
    "submodule.x.y z.path\nb c\nd",
    "submodule.half.path\nhalf",
    "submodule.a.url\nhttps://h/a2",
    "",
  ].join("\0");
  assert.deepEqual(parseGitmodules(listing), [
    { path: "lib/a", url: "https://h/a2" },
    { path: "b c\nd", url: "../b" },
  ]);
  fc.assert(fc.property(fc.string(), (text) => void parseGitmodules(text)));
});

Deno.test("a submodule that only the work names is not fetched, and one that it moved is taken at its commit", () => {
  const plan = planSubmodules(new Map([["lib", "c2"], ["evil", "c3"]]), [
    { path: "lib", url: "https://h/lib" },
    { path: "gone", url: "https://h/gone" },
  ]);
  assert.deepEqual(plan, {
    fetched: [{ path: "lib", url: "https://h/lib", commit: "c2" }],
    unknown: ["evil"],
  });
});

Deno.test("a relative URL goes on from the project's and never above its host", () => {
  assert.equal(besideProject("https://h/g/p.git", "../q.git"), "https://h/g/q.git");
  assert.equal(besideProject("https://h/g/p.git", "./q.git"), "https://h/g/p.git/q.git");
  assert.equal(besideProject("https://h/p", "../../q"), null);
  assert.equal(besideProject("https://h/p", "../q"), "https://h/q");
  assert.equal(besideProject("git@h:g/p.git", "../q.git"), "git@h:g/q.git");
  assert.equal(besideProject("git@h:p.git", "../q.git"), "git@h:q.git");
  assert.equal(besideProject("/srv/g/p/", "../q"), "/srv/g/q");
});
