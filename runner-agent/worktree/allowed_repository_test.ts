import assert from "node:assert/strict";
import { join } from "node:path";
import { resolveOrigin } from "./allowed_repository.ts";

async function withRoots(
  body: (place: { allowed: string; outside: string }) => Promise<void>,
): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "shopfloor_allowed_" }));
  try {
    const [allowed, outside] = [join(root, "allowed"), join(root, "outside")];
    await Deno.mkdir(join(allowed, "project", ".git"), { recursive: true });
    await Deno.mkdir(join(outside, "private", ".git"), { recursive: true });
    await body({ allowed, outside });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function isAllowed(url: string, roots: readonly string[]): Promise<boolean> {
  const origin = await resolveOrigin(url, roots);
  if (origin.ok) return true;
  assert.equal(origin.error.reason, "repository_not_allowed");
  return false;
}

Deno.test("a local repository is allowed below a root, as a path, a file URL and through a link inside", async () => {
  await withRoots(async ({ allowed }) => {
    const project = join(allowed, "project");
    await Deno.symlink(project, join(allowed, "alias"));
    for (const url of [project, `file://${project}`, join(allowed, "alias"), `${project}/../project`]) {
      const origin = await resolveOrigin(url, [allowed]);
      assert.ok(origin.ok, url);
      assert.deepEqual(origin.value, { kind: "local", url: project, authorization: null });
    }
  });
});

Deno.test("a local repository outside of every root is refused with the option that would allow it", async () => {
  await withRoots(async ({ allowed, outside }) => {
    const origin = await resolveOrigin(join(outside, "private"), [allowed]);
    assert.ok(!origin.ok && origin.error.reason === "repository_not_allowed");
    assert.match(origin.error.hint, /--allow-repository-under DIR/);
    assert.equal(await isAllowed(join(allowed, "project"), []), false);
    assert.equal(await isAllowed(join(allowed, "project"), [join(allowed, "missing")]), false);
    assert.equal(await isAllowed(`${allowed}-more`, [allowed]), false);
    assert.equal(await isAllowed(join(allowed, "missing"), [allowed]), false);
    assert.equal(await isAllowed(`${allowed}/../outside/private`, [allowed]), false);
    assert.equal(await isAllowed("relative/project", [allowed]), false);
  });
});

Deno.test("no link leads out of a root: not the path, not .git, not a .git file", async () => {
  await withRoots(async ({ allowed, outside }) => {
    await Deno.symlink(join(outside, "private"), join(allowed, "escape"));
    await Deno.mkdir(join(allowed, "link"));
    await Deno.symlink(join(outside, "private", ".git"), join(allowed, "link", ".git"));
    await Deno.mkdir(join(allowed, "pointer"));
    await Deno.writeTextFile(join(allowed, "pointer", ".git"), "gitdir: ../../outside/private/.git\n");
    for (const name of ["escape", "link", "pointer"]) {
      assert.equal(await isAllowed(join(allowed, name), [allowed]), false);
    }
  });
});

Deno.test("remote URLs are allowed, helpers and options of git are not", async () => {
  for (
    const url of ["https://h/x.git", "http://h:1/x", "ssh://git@h/x", "git://h/x", "git@h.example:x/y.git"]
  ) {
    assert.equal(await isAllowed(url, []), true, url);
  }
  for (
    const url of [
      "",
      "ext::sh -c id",
      "fd::3",
      "-uhttps://h",
      "--upload-pack=id",
      "ftp://h/x",
      "file://other.host/x",
      "ssh://git:pw@h/x",
      "https://h/x\ny",
      "-oProxyCommand=id:x",
      "https://a%zz@h/x",
      "testgit::https://h/x",
      "ssh://-oProxyCommand=id/x",
      "git@-oProxyCommand=id:x",
    ]
  ) assert.equal(await isAllowed(url, ["/"]), false, url);
});

Deno.test("credentials of a URL become a header, and an error shows the URL without them", async () => {
  const origin = await resolveOrigin("https://me:p%40ss@h/x.git", []);
  assert.ok(origin.ok);
  assert.deepEqual(origin.value, {
    kind: "remote",
    url: "https://h/x.git",
    authorization: `Basic ${btoa("me:p@ss")}`,
  });
  const refused = await resolveOrigin("ftp://me:secret@h/x", []);
  assert.ok(!refused.ok && refused.error.reason === "repository_not_allowed");
  assert.equal(refused.error.url, "ftp://***@h/x");
});
