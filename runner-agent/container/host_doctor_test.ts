import assert from "node:assert/strict";
import { DummyContainer, DummyWorld } from "./dummy_container.ts";
import { gitLine, hostDoctor, subordinateIdLine } from "./host_doctor.ts";
import { imageDoctor } from "./image_doctor.ts";
import { realClock } from "./test_world.ts";

Deno.test("subordinateIdLine adds up a user's ranges, by name and by number, and says what to type", () => {
  const text = "root:1:65536\nann:100000:65000\n1001:165000:536\n";
  assert.deepEqual(subordinateIdLine("/etc/subuid", text, 1001, "ann"), {
    check: "/etc/subuid",
    isOk: true,
    detail: "65536 uids for ann",
  });
  const line = subordinateIdLine("/etc/subgid", text, 1002, "bob");
  assert.equal(line.isOk, false);
  assert.match(line.detail, /^0 gids for bob.*usermod --add-subgids/);
  assert.equal(line.disables, "sandboxes without root");
});

Deno.test("gitLine wants 2.35", () => {
  assert.deepEqual(
    ["git version 2.35.0", "git version 3.0", "git version 2.34.9 (x)", "", null].map((text) =>
      gitLine(text).isOk
    ),
    [true, true, false, false, false],
  );
  assert.match(gitLine(null).detail, /not found: install 2.35/);
  assert.match(gitLine("git version 2.20.1").disables!, /worktrees/);
});

Deno.test("hostDoctor looks at the disk of a directory that does not exist yet", async () => {
  const lines = await hostDoctor({ uid: 0, dataDir: "/tmp/none/such/dir", diskMaxBytes: 7 * 1024 ** 3 });
  assert.deepEqual(lines.map((line) => line.check), ["git", "disk"]);
  assert.match(lines[1]!.detail, /[GT]iB free.* a run is stopped at 7 GiB/);
  const user = await hostDoctor({ uid: 54_321, dataDir: "/", diskMaxBytes: 1 });
  assert.deepEqual(user.map((line) => line.check), [
    "/etc/subuid",
    "/etc/subgid",
    "newuidmap",
    "git",
    "disk",
  ]);
  assert.equal(user[0]!.isOk, false);
});

Deno.test("imageDoctor names what goes without a program that the image lacks", async () => {
  const world = new DummyWorld();
  const runtime = new DummyContainer({ world, instance: "doctor", clock: realClock });
  assert.match((await imageDoctor(runtime, "x:1"))[0]!.detail, /x:1 is not here/);
  world.images.add("x:1");
  const missing = (await imageDoctor(runtime, "x:1")).filter((line) => !line.isOk);
  assert.deepEqual(
    missing.map((line) => line.check),
    ["sh", "socat", "git", "tmux"].map((name) => `${name} in the image`),
  );
  assert.match(missing[3]!.disables!, /agents in a terminal/);
  assert.equal(world.containers.size, 0, "it leaves nothing behind");
});
