/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { join } from "node:path";
import { tarOf } from "./ustar.ts";
import { filesOfTar } from "./ustar_read.ts";

const FILES = new Map([
  [".agentics/assembly-line.json", '{"name":"Grüße"}'],
  [`.agentics/specs/${"a".repeat(90)}/${"b".repeat(40)}.md`, "x".repeat(1_024)],
  [".agentics/empty.md", ""],
]);

Deno.test("what we pack is read again", () => {
  const read = filesOfTar(tarOf(FILES), 10);
  assert.deepEqual(read.ok && [...read.value], [...FILES]);
});

Deno.test("what stock tar packs is read, folders and links passed over", async () => {
  const folder = await Deno.makeTempDir({ prefix: "ustar_read_" });
  try {
    await Deno.mkdir(join(folder, ".agentics/stations/01-a"), { recursive: true });
    await Deno.writeTextFile(join(folder, ".agentics/assembly-line.json"), "{}");
    await Deno.writeTextFile(join(folder, ".agentics/stations/01-a/prompt.md"), "Do.");
    await Deno.symlink("/etc/passwd", join(folder, ".agentics/passwd"));
    const tar = new Deno.Command("tar", { args: ["-cf", "-", "./.agentics"], cwd: folder });
    const { stdout } = await tar.output();
    const read = filesOfTar(stdout, 10);
    assert.deepEqual(read.ok && [...read.value].sort(), [
      [".agentics/assembly-line.json", "{}"],
      [".agentics/stations/01-a/prompt.md", "Do."],
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("what is no archive, or a broken one, is refused, and too many files are", () => {
  const tar = tarOf(FILES);
  const reason = (bytes: Uint8Array, filesMax = 10) => {
    const read = filesOfTar(bytes, filesMax);
    return read.ok ? "ok" : read.error.reason;
  };
  assert.equal(reason(new TextEncoder().encode("PK\u0003\u0004".padEnd(2_000, "x"))), "not_a_tar");
  assert.equal(reason(new Uint8Array(0)), "not_a_tar");
  assert.equal(reason(tar.subarray(0, 700)), "ok");
  assert.equal(reason(tar.subarray(0, 520)), "not_a_tar");
  const broken = tar.slice();
  broken[3] = 1;
  assert.equal(reason(broken), "not_a_tar");
  assert.equal(reason(tar, 2), "too_many_files");
});
