/** What a task repository refuses, seen by stock git and on the wire: the reason is readable, and nothing changes. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { RepositoryRef } from "../../worker/domain/task_repository_api.ts";
import { testGitSteps } from "../fake/git_harness.ts";
import { assertSame, clone, commit } from "../fake/git_work.ts";

testGitSteps("pushes that a task repository refuses", {
  "of many pushes to one ref at the same time exactly one wins": async (harness) => {
    const folders = await Promise.all([1, 2, 3, 4].map(() => clone(harness, "race")));
    const tips = await Promise.all(
      folders.map((folder, i) => commit(harness, folder, { "who.txt": `${i}`.repeat(50_000) })),
    );
    const runs = await Promise.all(folders.map((folder) => harness.tryGit(folder, "push", "origin", "main")));
    const winners = runs.flatMap((run, i) => run.code === 0 ? [i] : []);
    assert.equal(winners.length, 1, JSON.stringify(runs));
    const [main] = await harness.call<RepositoryRef[]>("race", "listRefs");
    assert.equal(main?.commit, tips[winners[0]!]);
    for (const run of runs.filter((_, i) => i !== winners[0])) {
      assert.match(run.stderr, /rejected|fetch first/);
    }
  },

  "an atomic push changes all refs or none": async (harness) => {
    const folder = await clone(harness, "atomic");
    await commit(harness, folder, { "a.txt": "a" });
    const refused = await harness.tryGit(
      folder,
      "push",
      "--atomic",
      "origin",
      "main",
      "HEAD:refs/heads/protected/x",
    );
    assert.match(refused.stderr, /main -> main \(atomic push failed\)/);
    assert.match(refused.stderr, /you may not change this ref/);
    assert.equal((await harness.call<RepositoryRef[]>("atomic", "listRefs")).length, 1);
    await harness.git(folder, "push", "-q", "--atomic", "origin", "main", "HEAD:refs/heads/y");
    assert.equal((await harness.call<RepositoryRef[]>("atomic", "listRefs")).length, 2);
  },

  "without atomic, a refused ref does not hold back the others": async (harness) => {
    const folder = await clone(harness, "prefixes");
    await commit(harness, folder, { "a.txt": "a" });
    const run = await harness.tryGit(
      folder,
      "push",
      "origin",
      "main",
      "HEAD:refs/notes/x",
      "HEAD:refs/heads/protected/x",
    );
    assert.match(run.stderr, /refs\/notes\/x \(you may only change refs\/heads\/, refs\/tags\/\)/);
    assert.match(run.stderr, /protected\/x \(you may not change this ref\)/);
    assert.match(run.stderr, /main -> main$/m);
  },

  "a reader can fetch, and a refused push says why": async (harness) => {
    const reader = ["-c", 'http.extraHeader=x-test-access: {"canWrite":false}'];
    const folder = await clone(harness, "readonly", ...reader);
    await commit(harness, folder, { "a.txt": "a" });
    const run = await harness.tryGit(folder, ...reader, "push", "origin", "main");
    assert.notEqual(run.code, 0);
    assert.match(run.stderr, /remote: this repository is read-only for you/);
    const command = `${"0".repeat(40)} ${"1".repeat(40)} refs/heads/x\0report-status\n`;
    const body = (command.length + 4).toString(16).padStart(4, "0") + command + "0000";
    const headers = { "x-test-access": '{"canWrite":false}' };
    const response = await fetch(`${harness.url("readonly")}/git-receive-pack`, {
      method: "POST",
      body,
      headers,
    });
    assert.match(await response.text(), /ng refs\/heads\/x this repository is read-only for you/);
  },

  "a refused push of a large file leaves nothing, and the next push of it works": async (harness) => {
    const folder = await clone(harness, "orphan");
    await commit(harness, folder, { "large.bin": randomBytes(3_000_000) });
    const refs = ["main", "HEAD:refs/heads/protected/x"];
    assert.equal((await harness.tryGit(folder, "push", "--atomic", "origin", ...refs)).code, 1);
    assert.equal(await harness.count("orphan", "SELECT count(*) AS n FROM packs"), 1, "the first commit");
    assert.equal(await harness.count("orphan", "SELECT count(*) AS n FROM pack_chunks"), 1);
    await harness.git(folder, "push", "-q", "origin", "main");
    await assertSame(harness, await clone(harness, "orphan"), folder);
  },

  "a damaged pack changes nothing": async (harness) => {
    const folder = await clone(harness, "damaged");
    const tip = await commit(harness, folder, { "a.txt": "a" });
    const list = join(folder, "..", "list");
    await Deno.writeTextFile(list, tip + "\n");
    const shell = `git pack-objects --stdout --revs -q < ${list}`;
    const packed = await new Deno.Command("sh", { args: ["-c", shell], cwd: folder }).output();
    const pack = packed.stdout.slice();
    pack[20]! ^= 1;
    const command = `${"0".repeat(40)} ${tip} refs/heads/x\0report-status\n`;
    const head = new TextEncoder().encode(
      (command.length + 4).toString(16).padStart(4, "0") + command + "0000",
    );
    const send = async (bytes: Uint8Array) => {
      const body = new Blob([head, bytes as BlobPart]);
      return await (await fetch(`${harness.url("damaged")}/git-receive-pack`, { method: "POST", body }))
        .text();
    };
    assert.match(await send(pack), /unpack the pack is damaged at byte 12/);
    const unsealed = packed.stdout.slice();
    unsealed[unsealed.length - 1]! ^= 1;
    assert.match(await send(unsealed), /unpack the checksum of the pack is wrong/);
    assert.match(await send(new Uint8Array([...packed.stdout, 0])), /unpack there is data after the end/);
    assert.match(await send(packed.stdout.subarray(0, 30)), /unpack /);
    assert.equal((await harness.call<RepositoryRef[]>("damaged", "listRefs")).length, 1);
    assert.equal(await harness.count("damaged", "SELECT count(*) AS n FROM pack_chunks"), 1);
    assert.match(await send(packed.stdout), /unpack ok[^]*ok refs\/heads\/x/);
  },

  "a tip without its objects is refused": async (harness) => {
    const command = `${"0".repeat(40)} ${"1".repeat(40)} refs/heads/y\0report-status\n`;
    const body = (command.length + 4).toString(16).padStart(4, "0") + command + "0000";
    const response = await fetch(`${harness.url("damaged")}/git-receive-pack`, { method: "POST", body });
    assert.match(await response.text(), /ng refs\/heads\/y missing necessary objects/);
  },
});
