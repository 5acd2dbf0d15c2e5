import assert from "node:assert/strict";
import { join } from "node:path";
import { readConclusionFile } from "./conclusion_file.ts";
import {
  chooseHubBase,
  makeHubDir,
  makeRunDirs,
  removeHubBase,
  removeRunDirs,
  removeUnknownRunDirs,
  runDirs,
} from "./run_dirs.ts";
import { withTempDir } from "../../test/fake/temp_dir.ts";

Deno.test("chooseHubBase() leaves the state directory only when a socket's path would not fit", () => {
  assert.equal(chooseHubBase("/var/lib/shopfloor/r1", 0, "r1"), "/var/lib/shopfloor/r1/hubs");
  assert.equal(chooseHubBase(`/${"x".repeat(80)}`, 0, "r1"), "/run/shopfloor-r1");
  assert.equal(chooseHubBase(`/${"x".repeat(80)}`, 1000, "r1"), "/tmp/shopfloor-1000-r1");
});

Deno.test("a run's directories hold the home's files, are given to the agent, and leave nothing behind", async () => {
  await withTempDir(async (dir) => {
    const dirs = runDirs(dir, join(dir, "hubs"), "r1");
    const given: string[] = [];
    await makeRunDirs(dirs, { ".a/b.txt": "text" }, (paths) => {
      given.push(...paths);
      return Promise.resolve();
    });
    assert.equal(await Deno.readTextFile(join(dirs.home, ".a/b.txt")), "text");
    assert.deepEqual(given, [dirs.home, dirs.out], "the socket's directory is not the agent's");
    assert.equal((Deno.statSync(join(dir, "hubs")).mode! & 0o777).toString(8), "700");
    await removeRunDirs(dirs);
    await removeRunDirs(dirs);
    assert.deepEqual([...Deno.readDirSync(join(dir, "sandboxes"))], []);
    await removeHubBase(join(dir, "hubs"));
    assert.ok(![...Deno.readDirSync(dir)].some((entry) => entry.name === "hubs"));
  });
});

Deno.test("directories of runs that nobody knows are removed, and those of known runs stay", async () => {
  await withTempDir(async (dir) => {
    const hubBase = join(dir, "hubs");
    for (const runId of ["known", "unknown"]) {
      await makeRunDirs(runDirs(dir, hubBase, runId), {}, () => Promise.resolve());
    }
    await removeUnknownRunDirs(dir, hubBase, new Set(["known"]));
    for (const parent of ["sandboxes", "hubs"]) {
      assert.deepEqual([...Deno.readDirSync(join(dir, parent))].map((entry) => entry.name), ["known"]);
    }
  });
});

Deno.test("a socket is never made in a directory that others can write to or enter", async () => {
  for (const mode of [0o777, 0o755, 0o711, 0o750]) {
    await withTempDir(async (dir) => {
      await Deno.mkdir(join(dir, "hubs"));
      await Deno.chmod(join(dir, "hubs"), mode);
      await assert.rejects(makeHubDir(runDirs(dir, join(dir, "hubs"), "r1")), /only this user can enter/);
    });
  }
});

/** [what the file holds, what is read] */
const CONCLUSIONS: readonly (readonly [string, string, RegExp | null])[] = [
  ["success", '{"conclusion":"success"}', null],
  ["an unknown conclusion", '{"conclusion":"maybe"}', /at 'conclusion'/],
  ["text", "done", /expected JSON/],
  ["an empty file", "", /expected JSON/],
  ["an exit code that is no code", '{"conclusion":"success","exitCode":1000}', /at 'exitCode'/],
  ["more than fits", `{"conclusion":"success","x":"${"y".repeat(70_000)}"}`, /at most 65536 bytes/],
];

for (const [what, text, message] of CONCLUSIONS) {
  Deno.test(`readConclusionFile() ${message === null ? "takes" : "refuses"} ${what}`, async () => {
    await withTempDir(async (dir) => {
      await Deno.writeTextFile(join(dir, "c.json"), text);
      const reading = await readConclusionFile(join(dir, "c.json"));
      if (message === null) assert.equal(reading.kind, "read");
      else assert.match(reading.kind === "invalid" ? reading.message : reading.kind, message);
    });
  });
}

Deno.test("readConclusionFile() finds no conclusion where there is no file", async () => {
  await withTempDir(async (dir) =>
    assert.deepEqual(await readConclusionFile(join(dir, "c.json")), { kind: "none" })
  );
});
