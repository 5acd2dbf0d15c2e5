/// <reference lib="deno.ns" />
/** Reading what an agent made, while it makes something else of it: no byte comes from behind a link. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readSafely } from "./safe_read.ts";

const MOST = { fileBytes: 10, entries: 3 };

async function withRoot(act: (root: string, outside: string) => Promise<void> | void): Promise<void> {
  const base = await Deno.makeTempDir({ prefix: "shopfloor_safe_" });
  try {
    await Deno.mkdir(join(base, "root/in"), { recursive: true });
    await Deno.mkdir(join(base, "outside"));
    await Deno.writeTextFile(join(base, "outside/file"), "theirs");
    await Deno.writeTextFile(join(base, "root/in/file"), "ours");
    await act(join(base, "root"), join(base, "outside"));
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}

const textAt = (root: string, path: string) => {
  const found = readSafely(root, path, MOST);
  return found?.kind === "file" ? new TextDecoder().decode(found.head) : found?.kind ?? null;
};

Deno.test("a link is told of as a link, and on the way it is the end", () =>
  withRoot(async (root, outside) => {
    await Deno.symlink(outside, join(root, "dir"));
    await Deno.symlink(join(outside, "file"), join(root, "link"));
    assert.equal(textAt(root, "in/file"), "ours");
    assert.equal(textAt(root, "dir"), "link");
    assert.equal(textAt(root, "link"), "link");
    for (
      const path of [
        "dir/file",
        "link/x",
        "../outside/file",
        "in/../../outside/file",
        "/etc/hostname",
        "in/no",
      ]
    ) {
      assert.equal(textAt(root, path), null, path);
    }
  }));

Deno.test("a folder that is swapped for a link while it is read never gives what lies behind", () =>
  withRoot(async (root, outside) => {
    const swap = new Deno.Command("sh", {
      args: [
        "-c",
        "while [ ! -e ../outside/stop ]; do mv in kept; ln -s ../outside in; rm in; mv kept in; done",
      ],
      cwd: root,
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      assert.equal(await Deno.readTextFile(join(outside, "file")), "theirs");
      const seen = new Set<string | null>();
      const untilMs = performance.now() + 5_000;
      for (let n = 0; n < 3_000 || (seen.size < 2 && performance.now() < untilMs); n++) {
        seen.add(textAt(root, "in/file"));
      }
      assert.ok(seen.has("ours") && seen.has(null), "it must have been there, and swapped");
      assert.ok(!seen.has("theirs"), [...seen].join(" "));
    } finally {
      // Not killed: what it has just started would go on, and the folder could not be removed.
      await Deno.writeTextFile(join(outside, "stop"), "");
      await swap.status;
    }
  }));

Deno.test("a pipe is not waited for, and long files and folders are cut", () =>
  withRoot(async (root) => {
    await new Deno.Command("mkfifo", { args: [join(root, "pipe")] }).output();
    assert.equal(textAt(root, "pipe"), "other");
    await Deno.writeTextFile(join(root, "long"), "x".repeat(25));
    const long = readSafely(root, "long", MOST);
    assert.deepEqual(long?.kind === "file" ? [long.bytes, long.head.length] : long, [25, 10]);
    for (let n = 0; n < 4; n++) await Deno.writeTextFile(join(root, `in/${n}`), "");
    const folder = readSafely(root, "in", MOST);
    assert.deepEqual(folder?.kind === "folder" ? [folder.entries.length, folder.isCut] : folder, [3, true]);
  }));
