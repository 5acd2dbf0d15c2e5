import assert from "node:assert/strict";
import { join } from "node:path";
import { type Fixture, withFixture } from "./worktree_test_fixture.ts";

const UNDER = ".agentics/templates";

async function filesOf(fixture: Fixture, runId: string) {
  const read = await fixture.manager.filesAtBase(runId, UNDER);
  assert.ok(read.ok, JSON.stringify(read));
  return Object.fromEntries(read.value);
}

Deno.test("a project's files are those of the task's base commit, whatever an agent wrote or committed", async () => {
  await withFixture(async (fixture) => {
    await Deno.mkdir(join(fixture.root, "seed", UNDER, "x"), { recursive: true });
    await fixture.moveProject(`${UNDER}/x/template.yaml`, "model: people's\n\n");
    assert.ok((await fixture.manager.prepare(fixture.request("r1"))).ok);
    const workspace = join(fixture.runDir("r1"), "workspace");
    await Deno.writeTextFile(join(workspace, UNDER, "x/template.yaml"), "model: agent's\n");
    await Deno.writeTextFile(join(workspace, UNDER, "new.yaml"), "x\n");
    assert.equal((await fixture.agent("r1", "add", "--all")).code, 0);
    assert.equal((await fixture.agent("r1", "commit", "-m", "mine")).code, 0);
    assert.ok((await fixture.manager.harvest("r1")).ok);
    assert.ok((await fixture.manager.pushWork(fixture.request("r1"))).ok);
    const expected = { "x/template.yaml": { text: "model: people's\n\n", isExecutable: false } };
    assert.deepEqual(await filesOf(fixture, "r1"), expected);
    // The next station begins with the agent's commit, and its templates are still the project's.
    assert.ok((await fixture.manager.prepare(fixture.request("r2"))).ok);
    assert.match(
      await Deno.readTextFile(join(fixture.runDir("r2"), "workspace", UNDER, "x/template.yaml")),
      /agent's/,
    );
    assert.deepEqual(await filesOf(fixture, "r2"), expected);
  });
});

Deno.test("a link and other bytes than text are named without a text, and a project may have none", async () => {
  await withFixture(async (fixture) => {
    assert.ok((await fixture.manager.prepare(fixture.request("r0"))).ok);
    assert.deepEqual(await filesOf(fixture, "r0"), {});
    const clone = join(fixture.root, "clone");
    await fixture.git(fixture.root, "clone", fixture.originDir, clone);
    await Deno.mkdir(join(clone, UNDER, "x"), { recursive: true });
    await Deno.symlink("/etc/passwd", join(clone, UNDER, "x/link"));
    await Deno.writeFile(join(clone, UNDER, "x/bytes"), new Uint8Array([0xff, 0x00]));
    await Deno.writeTextFile(join(clone, UNDER, "x/run.sh"), "#!/bin/sh\n", { mode: 0o755 });
    await fixture.git(clone, "add", "--all");
    await fixture.git(clone, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-m", "x");
    await fixture.git(clone, "push", "origin", "HEAD:main");
    assert.ok((await fixture.manager.prepare(fixture.request("r1", { taskId: "t-other" }))).ok);
    assert.deepEqual(await filesOf(fixture, "r1"), {
      "x/bytes": { text: null, isExecutable: false },
      "x/link": { text: null, isExecutable: false },
      "x/run.sh": { text: "#!/bin/sh\n", isExecutable: true },
    });
  });
});
