/// <reference lib="deno.ns" />
/** Reading and writing packs, against packs that the git binary made and git's own reading of ours. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { type GitBinary, withGitBinary } from "../../test/fake/git_binary.ts";
import { bytesOf, concatBytes, textOf } from "./bytes.ts";
import { ConnectivityCheck } from "./connectivity.ts";
import { hashObject } from "./object_id.ts";
import { encodePackEntryHeader, readPackEntryHeader } from "./pack_entry.ts";
import type { ObjectRecord } from "./object_index.ts";
import type { PackError, PackLimits } from "./pack_error.ts";
import { PackIntake } from "./pack_intake.ts";
import { type InflatedObject, ObjectCache, type PackAccess, readPacked } from "./packed_object.ts";
import { PackWriter } from "./pack_writer.ts";
import { deflate } from "./zlib_stream.ts";

fc.configureGlobal({ seed: 1 });

const LIMITS: PackLimits = {
  objectsMax: 10_000,
  objectBytesMax: 10_000_000,
  structureBytesMax: 1_000_000,
  largeEntryBytes: 2_000_000,
  workBytesMax: 100_000_000,
  depthMax: 4_095,
};

type Bases = ReadonlyMap<string, InflatedObject>;

/** All objects of a pack that comes in pieces of `pieceBytes`, or the reason why not. */
function readPack(
  pack: Uint8Array,
  { limits = LIMITS, bases = new Map() as Bases, pieceBytes = 1_000, cacheBytes = 100_000 } = {},
) {
  const check = new ConnectivityCheck();
  let arrived = 0;
  const access = {
    read: (_: number, offset: number, bytes: number) =>
      pack.subarray(offset, Math.min(offset + bytes, arrived)),
    find: (id: string) => bases.get(id),
    cache: new ObjectCache(cacheBytes),
  };
  const intake = new PackIntake(1, limits, access, check.see);
  const refuse = (error: PackError) => ({
    reason: error.reason,
    records: [] as ObjectRecord[],
    check,
    intake,
  });
  for (;;) {
    const step = intake.step();
    if (!step.ok) return refuse(step.error);
    assert.notEqual(step.value, "large", "these tests have no large entries");
    if (arrived < pack.length) {
      intake.feed(pack.subarray(arrived, arrived + pieceBytes));
      arrived = Math.min(arrived + pieceBytes, pack.length);
    } else if (step.value === "done") break;
    else intake.end();
  }
  const [missing] = intake.missingBases();
  if (missing !== undefined) return refuse({ reason: "missing_delta_base", id: missing });
  return { reason: null, records: intake.records, check, intake };
}

/** Reads objects of a whole pack again, as they are read once it is stored. */
function accessTo(pack: Uint8Array, records: readonly ObjectRecord[], bases: Bases = new Map()): PackAccess {
  const offsets = new Map(records.map(({ id, offset }) => [id, offset]));
  return {
    read: (_, offset, bytes) => pack.subarray(offset, offset + bytes),
    find: (id) => offsets.has(id) ? { pack: 1, offset: offsets.get(id)! } : bases.get(id),
    cache: new ObjectCache(1_000),
    spend: () => true,
    objectBytesMax: Infinity,
    workBytesMax: Infinity,
    largeBytes: Infinity,
  };
}

/** A history of `count` commits that change some of many files, which git packs with long delta chains. */
async function makeHistory(git: GitBinary, count: number): Promise<void> {
  const data = (text: string) => `data ${bytesOf(text).length}\n${text}\n`;
  let stream = "";
  for (let i = 0; i < count; i++) {
    stream += `commit refs/heads/main\ncommitter T <t@localhost> ${1_700_000_000 + i} +0000\n${
      data(`c${i}`)
    }`;
    const text = Array.from({ length: 200 }, (_, n) => `line ${n} ${n === i ? "changed" : ""}\n`).join("");
    stream += `M 100644 inline dir/${i % 3}.txt\n${data(text)}M 100644 inline ${i}.txt\n${data(`${i}`)}\n`;
  }
  await git.run(["fast-import", "--quiet"], stream);
}

async function everyId(git: GitBinary): Promise<string[]> {
  const listed = textOf(await git.run(["cat-file", "--batch-all-objects", "--batch-check"])).trim().split(
    "\n",
  );
  return listed.map((line) => line.split(" ").slice(0, 3).join(" ")).sort();
}

function describe(objects: readonly ObjectRecord[]): string[] {
  return objects.map(({ id, type, sizeBytes }) => `${id} ${type} ${sizeBytes}`).sort();
}

Deno.test("packs of real git are read, with offset deltas, reference deltas and without", () =>
  withGitBinary(async (git) => {
    await makeHistory(git, 60);
    const expected = await everyId(git);
    for (const option of ["--delta-base-offset", "--no-reuse-delta", "--depth=0"]) {
      const pack = await git.run(["pack-objects", "--stdout", "-q", "--all", option], "");
      for (const [pieceBytes, cacheBytes] of [[pack.length, 100_000], [13, 100_000], [997, 0]]) {
        const { reason, records, check, intake } = readPack(pack, { pieceBytes, cacheBytes });
        assert.equal(reason, null);
        assert.deepEqual(describe(records), expected);
        assert.equal(check.finish(new Map()).ok, true, "the whole history is closed");
        assert.equal(intake.isThin, false);
        const access = accessTo(pack, records);
        let end = 12;
        for (const { id, type, offset, lengthBytes } of [...records].sort((a, b) => a.offset - b.offset)) {
          assert.equal(offset, end, "entries follow each other");
          end += lengthBytes;
          const object = readPacked(access, { pack: 1, offset });
          assert.ok(object.ok);
          assert.equal(hashObject(type, object.value.data), id);
        }
        assert.equal(end, pack.length - 20);
      }
    }
  }));

Deno.test("a thin pack needs its bases, and says which", () =>
  withGitBinary(async (git) => {
    await makeHistory(git, 20);
    const revisions = "main\n^main~1\n";
    const pack = await git.run(
      ["pack-objects", "--stdout", "-q", "--thin", "--revs", "--delta-base-offset"],
      revisions,
    );
    assert.equal(readPack(pack).reason, "missing_delta_base");
    const bases = new Map<string, InflatedObject>();
    for (;;) {
      const read = readPack(pack, { bases });
      if (read.reason === null) break;
      assert.equal(read.reason, "missing_delta_base");
      for (const id of read.intake.missingBases()) {
        const type = textOf(await git.run(["cat-file", "-t", id])).trim() as "blob" | "tree";
        bases.set(id, { type, data: await git.run(["cat-file", type, id]), depth: 0 });
      }
    }
    assert.ok(bases.size > 0, "git was expected to make a thin pack");
    const { records, check, intake } = readPack(pack, { bases });
    assert.equal(intake.isThin, true);
    assert.equal(records.length, 5, "a commit, two trees and two files");
    const open = check.finish(new Map());
    assert.equal(!open.ok && open.error.reason, "missing_object");
  }));

Deno.test("a reference delta may come before its base, and before a base that is a delta itself", () => {
  const texts = ["base ".repeat(20), "base ".repeat(20) + "one", "base ".repeat(20) + "one two"].map(bytesOf);
  const append = (base: Uint8Array, tail: string) =>
    new Uint8Array([
      base.length,
      base.length + tail.length,
      0x90,
      base.length,
      tail.length,
      ...bytesOf(tail),
    ]);
  const ids = texts.map((text) => hashObject("blob", text));
  const reference = (id: string, delta: Uint8Array) =>
    concatBytes([
      new Uint8Array([(7 << 4) | (delta.length & 15) | 128, delta.length >> 4]),
      new Uint8Array(id.match(/../g)!.map((pair) => parseInt(pair, 16))),
      deflate(delta, 6),
    ]);
  const pack = sealPack(3, [
    reference(ids[1]!, append(texts[1]!, " two")),
    reference(ids[0]!, append(texts[0]!, "one")),
    encodePackEntryHeader("blob", texts[0]!.length),
    deflate(texts[0]!, 6),
  ]);
  const { reason, records } = readPack(pack);
  assert.equal(reason, null);
  assert.deepEqual(records.map(({ id }) => id).sort(), [...ids].sort());
});

function sealPack(count: number, entries: readonly Uint8Array[]): Uint8Array {
  const writer = new PackWriter();
  const parts = [writer.header(count), ...entries.map((entry) => writer.data(entry))];
  return concatBytes([...parts, writer.trailer()]);
}

Deno.test("git reads the packs that we write", () =>
  withGitBinary(async (git) => {
    const blobs = ["", "a", "b".repeat(100_000)].map(bytesOf);
    const writer = new PackWriter();
    const parts = [writer.header(blobs.length)];
    for (const data of blobs) parts.push(writer.entry("blob", data.length), writer.data(deflate(data, 6)));
    await git.run(["unpack-objects", "-q", "--strict"], concatBytes([...parts, writer.trailer()]));
    const expected = blobs.map((data) => `${hashObject("blob", data)} blob ${data.length}`).sort();
    assert.deepEqual(await everyId(git), expected);
  }));

Deno.test("entry headers carry any size", () => {
  fc.assert(fc.property(fc.maxSafeNat().map((n) => n % 2 ** 45), (sizeBytes) => {
    const header = encodePackEntryHeader("tree", sizeBytes);
    const read = readPackEntryHeader(header, 0);
    assert.deepEqual(read, {
      ok: true,
      value: { kind: "whole", type: "tree", sizeBytes, end: header.length },
    });
  }));
});

Deno.test("any change of a pack is refused, and none is an exception", () =>
  withGitBinary(async (git) => {
    await makeHistory(git, 5);
    const pack = await git.run(["pack-objects", "--stdout", "-q", "--all"], "");
    fc.assert(fc.property(fc.nat(pack.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = pack.slice();
      damaged[at]! ^= change;
      assert.notEqual(readPack(damaged).reason, null);
      // The same damage with a right checksum: our reading must still end without an exception.
      const body = damaged.subarray(0, damaged.length - 20);
      const sum = new Uint8Array(createHash("sha1").update(body).digest());
      readPack(concatBytes([body, sum]));
    }));
  }));

Deno.test("limits hold before memory is spent", () => {
  const data = new Uint8Array(1_000_000);
  const bomb = sealPack(1, [encodePackEntryHeader("blob", data.length), deflate(data, 9)]);
  assert.equal(readPack(bomb).reason, null);
  assert.equal(
    readPack(bomb, { limits: { ...LIMITS, objectBytesMax: 999_999 } }).reason,
    "pack_object_too_large",
  );
  assert.equal(readPack(bomb, { limits: { ...LIMITS, workBytesMax: 999_999 } }).reason, "pack_too_costly");
  assert.equal(readPack(bomb, { limits: { ...LIMITS, objectsMax: 0 } }).reason, "too_many_objects");
  const lie = sealPack(1, [encodePackEntryHeader("blob", 10), deflate(data, 9)]);
  assert.equal(readPack(lie).reason, "bad_zlib_stream");
  const more = sealPack(1, [encodePackEntryHeader("blob", 1), deflate(bytesOf("a"), 9), bytesOf("rest")]);
  assert.equal(readPack(more).reason, "bad_checksum", "the checksum must follow the last entry");
  const whole = sealPack(1, [encodePackEntryHeader("blob", 1), deflate(bytesOf("a"), 9)]);
  assert.equal(readPack(concatBytes([whole, bytesOf("rest")])).reason, "trailing_bytes");
  assert.equal(readPack(whole.subarray(0, -1)).reason, "truncated_pack");
});
