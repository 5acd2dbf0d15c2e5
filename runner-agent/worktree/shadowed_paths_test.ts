import assert from "node:assert/strict";
import { join } from "node:path";
import { withFixture } from "./worktree_test_fixture.ts";

Deno.test("what lies on a hidden path is never committed as deleted or changed, whoever stages it", async () => {
  await withFixture(async (fixture) => {
    await fixture.moveProject("secret.env", "key=1\n");
    const prepared = await fixture.manager.prepare(
      fixture.request("r1", { shadows: ["src", "secret.env", "not/there"] }),
    );
    assert.ok(prepared.ok, JSON.stringify(prepared));
    const workspace = join(fixture.runDir("r1"), "workspace");
    // What a sandbox shows: an empty directory, and an empty file.
    await Deno.remove(join(workspace, "src", "a.txt"));
    await Deno.writeTextFile(join(workspace, "secret.env"), "");
    await Deno.writeTextFile(join(workspace, "README.md"), "# Changed\n");
    for (const args of [["add", "-A"], ["commit", "-q", "-a", "-m", "work"]]) {
      assert.equal((await fixture.agent("r1", ...args)).code, 0);
    }
    const changed = await fixture.agent("r1", "diff", "--name-status", "HEAD~1", "HEAD");
    assert.equal(changed.stdout.trim(), "M\tREADME.md");
    const status = await fixture.agent("r1", "status", "--porcelain");
    assert.equal(status.stdout, "");
    // On the host nothing of it was touched: the sandbox's mounts lay on it.
    await Deno.writeTextFile(join(workspace, "src", "a.txt"), "a\n");
    await Deno.writeTextFile(join(workspace, "secret.env"), "key=1\n");
    const harvested = await fixture.manager.harvest("r1");
    assert.ok(harvested.ok);
    assert.deepEqual(harvested.value.uncommittedPaths, []);
  });
});
