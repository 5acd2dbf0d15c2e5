/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { type GitBinary, withGitBinary } from "../../test/fake/git_binary.ts";
import { bytesOf, concatBytes, textOf } from "./bytes.ts";
import { objectIdBytes } from "./object_id.ts";
import { encodeOffsetDeltaHeader, readPackEntryHeader } from "./pack_entry.ts";
import { ObjectCache, type PackAccess, readPacked } from "./packed_object.ts";
import { PackPlan } from "./pack_plan.ts";
import { PackWriter } from "./pack_writer.ts";
import { deflate } from "./zlib_stream.ts";

fc.configureGlobal({ seed: 1 });

/** As other programs write it; our own packs have offsets. */
function referenceDeltaHeader(sizeBytes: number, baseId: string): Uint8Array {
  const header = encodeOffsetDeltaHeader(sizeBytes, 1).slice(0, -1);
  header[0]! |= 7 << 4;
  return concatBytes([header, objectIdBytes(baseId)]);
}

Deno.test("headers of deltas carry any size and distance", () => {
  const sizes = fc.nat(2 ** 31 - 1);
  fc.assert(fc.property(sizes, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (sizeBytes, distance) => {
    const offset = distance + 12;
    const byOffset = encodeOffsetDeltaHeader(sizeBytes, distance);
    assert.deepEqual(readPackEntryHeader(byOffset, 0, offset), {
      ok: true,
      value: { kind: "offset_delta", baseOffset: 12, sizeBytes, end: byOffset.length },
    });
    const baseId = "0123456789abcdef0123456789abcdef01234567";
    const byId = referenceDeltaHeader(sizeBytes, baseId);
    assert.deepEqual(readPackEntryHeader(byId, 0, offset), {
      ok: true,
      value: { kind: "reference_delta", baseId, sizeBytes, end: byId.length },
    });
  }));
});

/** A history whose pack has deltas. */
async function packOf(git: GitBinary, option: string): Promise<Uint8Array> {
  const lines = (n: number) =>
    Array.from({ length: 80 }, (_, i) => `line ${i} ${i === n ? "changed" : ""}\n`).join("");
  let stream = "";
  for (let n = 0; n < 30; n++) {
    stream += `commit refs/heads/main\ncommitter T <t@localhost> ${1_700_000_000 + n} +0000\ndata 1\nc\n`;
    stream += `M 100644 inline f${n % 2}.txt\ndata ${lines(n).length}\n${lines(n)}\n`;
  }
  await git.run(["fast-import", "--quiet"], stream);
  return await git.run(["pack-objects", "--stdout", "-q", "--all", option], "");
}

Deno.test("any choice of a pack's entries is a pack that git reads, with the bytes of the objects", () =>
  withGitBinary((reader) =>
    withGitBinary(async (git) => {
      for (const option of ["--delta-base-offset", "--no-reuse-delta"]) {
        const pack = await packOf(git, option);
        const indexed = textOf(await git.run(["index-pack", "--stdin"], pack)).trim().split(/\s/)[1]!;
        const verified = textOf(await git.run(["verify-pack", "-v", `objects/pack/pack-${indexed}.pack`]));
        const entries = verified.split("\n").flatMap((line) => {
          const found = /^([0-9a-f]{40}) (\w+) +\d+ (\d+) (\d+)/.exec(line);
          return found === null
            ? []
            : [{ id: found[1]!, lengthBytes: Number(found[3]), offset: Number(found[4]) }];
        }).sort((a, b) => a.offset - b.offset);
        const places = new Map(entries.map(({ id, offset }) => [id, { pack: 1, offset }]));
        const access: PackAccess = {
          read: (_, offset, bytes) => pack.subarray(offset, offset + bytes),
          find: (id) => places.get(id),
          cache: new ObjectCache(100_000),
          spend: () => true,
          objectBytesMax: Infinity,
          workBytesMax: Infinity,
          largeBytes: Infinity,
        };
        let seed = 7;
        for (let round = 0; round < 6; round++) {
          const chosen = entries.filter(() => {
            seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
            return (seed >>> 16) % 6 >= round;
          });
          const ids = new Set(chosen.map(({ id }) => id));
          const plan = new PackPlan((id) => ids.has(id));
          const writer = new PackWriter();
          const parts = [writer.header(chosen.length)];
          for (const { offset, lengthBytes } of chosen) {
            const header = readPackEntryHeader(pack, offset);
            assert.ok(header.ok);
            const relative = { ...header.value, end: header.value.end - offset };
            const step = plan.next(offset, lengthBytes, relative, writer.bytes);
            if (step.kind === "copy") {
              if (step.header !== null) parts.push(writer.data(step.header));
              parts.push(writer.data(pack.subarray(step.from, step.to)));
            } else {
              const object = readPacked(access, { pack: 1, offset });
              assert.ok(object.ok);
              const { type, data } = object.value;
              parts.push(writer.entry(type, data.length), writer.data(deflate(data, 6)));
            }
          }
          const sent = concatBytes([...parts, writer.trailer()]);
          await reader.run(["unpack-objects", "-q"], sent);
          const listed = textOf(
            await reader.run(
              ["cat-file", "--batch-check=%(objectname)"],
              bytesOf([...ids].join("\n") + "\n"),
            ),
          );
          assert.doesNotMatch(listed, /missing/);
          await reader.run(["prune", "--expire=now"]);
        }
      }
    })
  ));
