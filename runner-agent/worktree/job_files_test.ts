/** Files that a job brings, and its plugins, in real worktrees. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { WorktreeError } from "../ports.ts";
import { err } from "../../protocol/result.ts";
import { createGitRoute } from "./git_route.ts";
import { type Fixture, type FixtureRequest, serve, withFixture } from "./worktree_test_fixture.ts";

const file = (path: string, text = "placed\n", mayReplace = true) => ({ path, text, mayReplace });

async function prepare(fixture: Fixture, more: Partial<FixtureRequest>) {
  const prepared = await fixture.manager.prepare(fixture.request("r1", more));
  assert(prepared.ok, JSON.stringify(prepared));
  return { worktree: prepared.value, workspace: join(fixture.runDir("r1"), "workspace") };
}

async function refused(fixture: Fixture, more: Partial<FixtureRequest>): Promise<WorktreeError> {
  const prepared = await fixture.manager.prepare(fixture.request("r1", more));
  assert(!prepared.ok);
  return prepared.error;
}

async function uncommitted(fixture: Fixture): Promise<readonly string[]> {
  const harvested = await fixture.manager.harvest("r1");
  assert(harvested.ok, JSON.stringify(harvested));
  return harvested.value.uncommittedPaths;
}

Deno.test("a job's files are in the workspace, and git and the harvest do not show them", async () => {
  await withFixture(async (fixture) => {
    const { workspace } = await prepare(fixture, {
      files: [
        file(".devcontainer/devcontainer.json", "{}"),
        file(".agentics/specs/a [1]*.md"),
        file("!p #.txt"),
      ],
    });
    assert.equal(await Deno.readTextFile(join(workspace, ".devcontainer/devcontainer.json")), "{}");
    assert.equal((await fixture.agent("r1", "status", "--porcelain", "--untracked-files=all")).stdout, "");
    assert.deepEqual(await uncommitted(fixture), []);
    await Deno.writeTextFile(join(workspace, ".agentics/specs/a 1.md"), "the agent's");
    assert.deepEqual(await uncommitted(fixture), [".agentics/"]);
    assert.equal((await fixture.agent("r1", "add", "--all")).code, 0);
    assert.equal(
      (await fixture.agent("r1", "diff", "--cached", "--name-only")).stdout,
      ".agentics/specs/a 1.md\n",
    );
  });
});

Deno.test("a file in the place of a tracked one is what the agent sees, and no change of the project", async () => {
  await withFixture(async (fixture) => {
    const { workspace } = await prepare(fixture, {
      files: [file("README.md"), file("src/a.txt", "prompt", false)],
    });
    assert.equal(await Deno.readTextFile(join(workspace, "README.md")), "placed\n");
    assert.equal(await Deno.readTextFile(join(workspace, "src/a.txt")), "a\n", "the project's own stays");
    assert.equal((await fixture.agent("r1", "status", "--porcelain")).stdout, "");
    assert.deepEqual(await uncommitted(fixture), []);
    await Deno.writeTextFile(join(workspace, "src/a.txt"), "changed");
    assert.deepEqual(await uncommitted(fixture), ["src/a.txt"]);
    assert.equal((await fixture.agent("r1", "commit", "-qam", "work")).code, 0);
    assert.equal((await fixture.agent("r1", "show", "HEAD:README.md")).stdout, "# Project\n");
  });
});

Deno.test("what a job wants ignored is no change for its agent, its harvest or its turns, and shows nothing that is hidden", async () => {
  await withFixture(async (fixture) => {
    const { workspace } = await prepare(fixture, {
      files: [file("hidden.txt")],
      ignoreLines: ["*.log", "!keep.log", "/build/", "!hidden.txt"],
    });
    for (const path of ["a.log", "keep.log", "src/b.log", "build/c"]) {
      await Deno.mkdir(join(workspace, path, ".."), { recursive: true });
      await Deno.writeTextFile(join(workspace, path), "made");
    }
    const status = await fixture.agent("r1", "status", "--porcelain", "--untracked-files=all");
    assert.equal(status.stdout, "?? keep.log\n");
    assert.deepEqual(await uncommitted(fixture), ["keep.log"]);
  });
});

Deno.test("no file is written through a link of the project", async () => {
  await withFixture(async (fixture) => {
    const outside = join(fixture.root, "outside");
    await Deno.mkdir(outside);
    await Deno.writeTextFile(join(outside, "kept.txt"), "kept");
    const seed = join(fixture.root, "seed");
    await Deno.symlink(outside, join(seed, "dir"));
    await Deno.symlink(join(outside, "kept.txt"), join(seed, "link.txt"));
    await fixture.git(seed, "add", "--all");
    await fixture.git(seed, "commit", "--quiet", "--message", "links");
    await fixture.git(seed, "push", "--quiet", fixture.originDir, "HEAD:main");
    const error = await refused(fixture, { files: [file("dir/x.txt")] });
    assert.deepEqual([error.reason, error.reason === "file_refused" && error.path], [
      "file_refused",
      "dir/x.txt",
    ]);
    assert.deepEqual([...Deno.readDirSync(outside)].map((entry) => entry.name), ["kept.txt"]);
    await prepare(fixture, { files: [file("link.txt")] });
    assert.equal(await Deno.readTextFile(join(outside, "kept.txt")), "kept", "the link went, not its target");
  });
});

Deno.test("plugins are one commit of their sources, mounted read-only, and go with the run", async () => {
  await withFixture(async (fixture) => {
    const { worktree } = await prepare(fixture, {
      plugins: [{ id: "one", sourceUrl: fixture.originDir }, { id: "two", sourceUrl: fixture.originDir }],
    });
    const mount = worktree.mounts.find(({ target }) => target === "/run/alp/plugins");
    assert(mount?.isReadOnly);
    assert.deepEqual([...Deno.readDirSync(mount.source)].map((entry) => entry.name).sort(), ["one", "two"]);
    assert.equal(await Deno.readTextFile(join(mount.source, "one/src/a.txt")), "a\n");
    assert.deepEqual([...Deno.readDirSync(join(mount.source, "two"))].map((entry) => entry.name).sort(), [
      "README.md",
      "src",
    ]);
    await fixture.manager.remove("r1");
    await assert.rejects(Deno.stat(mount.source), Deno.errors.NotFound);
  });
});

Deno.test("a plugin whose place wants a token is fetched by that alone, and a redirect gets nothing", async () => {
  await withFixture(async (fixture) => {
    const route = createGitRoute({ gitDir: fixture.originDir, prefix: "/market.git" });
    const asked: (string | null)[] = [];
    const elsewhere: (string | null)[] = [];
    const other = serve((request) => {
      elsewhere.push(request.headers.get("authorization"));
      return new Response("no", { status: 404 });
    });
    const server = serve((request) => {
      const authorization = request.headers.get("authorization");
      const { pathname, search } = new URL(request.url);
      if (pathname.startsWith("/moved.git")) {
        return Response.redirect(`http://127.0.0.1:${other.addr.port}/market.git${search}`);
      }
      asked.push(authorization);
      return authorization === "Bearer market-token" ? route(request) : new Response("no", { status: 401 });
    });
    const host = `http://127.0.0.1:${server.addr.port}`;
    const plugin = (name: string, value: string | null) => ({
      id: "p",
      sourceUrl: `${host}/${name}.git`,
      authorize: () => Promise.resolve({ ok: true as const, value }),
    });
    try {
      const { worktree } = await prepare(fixture, { plugins: [plugin("market", "Bearer market-token")] });
      const mount = worktree.mounts.find(({ target }) => target === "/run/alp/plugins")!;
      assert.equal(await Deno.readTextFile(join(mount.source, "p/src/a.txt")), "a\n");
      assert.ok(asked.length > 0 && asked.every((one) => one === "Bearer market-token"));
      await fixture.manager.remove("r1");
      for (const wrong of [plugin("market", "Bearer wrong-token"), plugin("moved", "Bearer market-token")]) {
        const error = await refused(fixture, { plugins: [wrong] });
        assert(error.reason === "plugin_failed");
        assert.doesNotMatch(error.detail, /(wrong|market)-token/);
      }
      assert.deepEqual(elsewhere, []);
      const none = { ...plugin("market", null), authorize: () => Promise.resolve(err("no credential 'm'")) };
      const error = await refused(fixture, { plugins: [none] });
      assert(error.reason === "plugin_failed");
      assert.equal(error.detail, "no credential 'm'");
    } finally {
      await Promise.all([server.shutdown(), other.shutdown()]);
    }
  });
});

for (
  const [what, plugin, detail] of [
    ["whose source is not allowed", { id: "p", sourceUrl: "/etc" }, /not allowed/],
    ["whose source is a program", { id: "p", sourceUrl: "ext::sh -c id" }, /not allowed/],
    ["that is not there", { id: "p", sourceUrl: "ORIGIN/../missing" }, /not allowed/],
    ["without a commit", { id: "p", sourceUrl: "ORIGIN/../empty.git" }, /git cannot fetch/],
    ["whose id is a path", { id: "../x", sourceUrl: "ORIGIN" }, /must be a name/],
  ] as const
) {
  Deno.test(`a plugin ${what} fails the job before it begins`, async () => {
    await withFixture(async (fixture) => {
      await fixture.git(fixture.root, "init", "--quiet", "--bare", join(fixture.originDir, "../empty.git"));
      const sourceUrl = plugin.sourceUrl.replace("ORIGIN", fixture.originDir);
      const error = await refused(fixture, { plugins: [{ ...plugin, sourceUrl }] });
      assert(error.reason === "plugin_failed");
      assert.match(error.detail, detail);
    });
  });
}

Deno.test("a job without a repository works in an empty worktree, and its work travels like any other", async () => {
  await withFixture(async (fixture) => {
    const request = { ...fixture.request("r1"), projectUrl: null };
    const prepared = await fixture.manager.prepare(request);
    assert(prepared.ok, JSON.stringify(prepared));
    const workspace = join(fixture.runDir("r1"), "workspace");
    assert.deepEqual([...Deno.readDirSync(workspace)].map((entry) => entry.name), [".git"]);
    await Deno.writeTextFile(join(workspace, "made.txt"), "made");
    await fixture.agent("r1", "add", "made.txt");
    assert.equal((await fixture.agent("r1", "commit", "-qm", "made")).code, 0);
    assert((await fixture.manager.pushWork(request)).ok);
    assert.equal(await fixture.git(fixture.taskDir, "show", "work/task-t1:made.txt"), "made");
  });
});

Deno.test("without a task's repository the work goes on from, and with autoGit to, the project's task branch", async () => {
  await withFixture(async (fixture) => {
    const first = { ...fixture.request("r1"), taskRepository: null, pushesToOrigin: true };
    assert((await fixture.manager.prepare(first)).ok);
    assert((await fixture.manager.pushWork(first)).ok);
    assert.equal(
      await fixture.git(fixture.originDir, "branch", "--list", "task-t1"),
      "",
      "nothing was made yet",
    );
    await Deno.writeTextFile(join(fixture.runDir("r1"), "workspace", "made.txt"), "made");
    await fixture.agent("r1", "add", "made.txt");
    await fixture.agent("r1", "commit", "-qm", "made");
    assert((await fixture.manager.pushWork(first)).ok);
    assert.equal(await fixture.git(fixture.originDir, "show", "task-t1:made.txt"), "made");
    const second = await fixture.manager.prepare({ ...first, runId: "r2" });
    assert(second.ok);
    assert.equal(second.value.startCommit, await fixture.git(fixture.originDir, "rev-parse", "task-t1"));
    assert.equal(second.value.baseCommit, await fixture.git(fixture.originDir, "rev-parse", "main"));
  });
});
