/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { withGitBinary } from "../../test/fake/git_binary.ts";
import { bytesOf, concatBytes, textOf } from "./bytes.ts";
import { applyDelta, readDeltaSizes } from "./delta.ts";
import { readPackEntryHeader } from "./pack_entry.ts";
import { inflateAt } from "./zlib_stream.ts";

fc.configureGlobal({ seed: 1 });

/** Sizes in base 128, as a delta starts. */
function size(value: number): number[] {
  const bytes = [];
  for (let rest = value;; rest = Math.floor(rest / 128)) {
    bytes.push(rest % 128 | (rest >= 128 ? 128 : 0));
    if (rest < 128) return bytes;
  }
}

/** An instruction in terms of its meaning, encoded by the rules of the format. */
const instruction = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 127 }).map((bytes) => ({ kind: "insert" as const, bytes })),
  fc.record({ offset: fc.nat(999), length: fc.integer({ min: 1, max: 1000 }) }).map((at) => ({
    kind: "copy" as const,
    ...at,
  })),
);

Deno.test("a delta gives what its instructions say", () => {
  const base = new Uint8Array(1000).map((_, i) => i * 7 % 256);
  fc.assert(fc.property(fc.array(instruction), (program) => {
    const parts: Uint8Array[] = [];
    const code: number[] = [];
    for (const step of program) {
      if (step.kind === "insert") {
        parts.push(step.bytes);
        code.push(step.bytes.length, ...step.bytes);
        continue;
      }
      const length = Math.min(step.length, base.length - step.offset);
      parts.push(base.subarray(step.offset, step.offset + length));
      code.push(0x80 | 0x03 | 0x30, step.offset & 255, step.offset >> 8, length & 255, length >> 8);
    }
    const expected = concatBytes(parts);
    const delta = new Uint8Array([...size(base.length), ...size(expected.length), ...code]);
    assert.deepEqual(applyDelta(base, delta), { ok: true, value: expected });
  }));
});

Deno.test("no bytes make a delta read or write outside its bounds", () => {
  const base = bytesOf("a base of some bytes");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 0, max: 500 }), (tail, declared) => {
      const result = applyDelta(base, new Uint8Array([base.length, ...size(declared), ...tail]));
      if (result.ok) assert.equal(result.value.length, declared);
      else assert.equal(result.error.reason, "malformed_delta");
    }),
  );
});

Deno.test("a copy of size zero means 64 KiB", () => {
  const base = new Uint8Array(0x10000).fill(9);
  const delta = new Uint8Array([...size(base.length), ...size(base.length), 0x80]);
  assert.deepEqual(applyDelta(base, delta), { ok: true, value: base });
});

Deno.test("reserved instructions, wrong bases and short results are malformed", () => {
  const base = bytesOf("abc");
  const bad = [[3, 1, 0], [4, 1, 1, 65], [3, 2, 1, 65], [3, 1, 0x91, 9, 1], [3, 1, 5, 65], [3], []];
  for (const delta of bad) assert.equal(applyDelta(base, new Uint8Array(delta)).ok, false, `${delta}`);
});

Deno.test("a delta made by git gives git's bytes", () =>
  withGitBinary(async (git) => {
    const base = Array.from({ length: 3000 }, (_, i) => `line ${i}\n`).join("");
    const target = base.replace("line 1500\n", "another line\n") + "the end\n";
    const id = async (text: string) => textOf(await git.run(["hash-object", "-w", "--stdin"], text)).trim();
    const ids = [await id(base), await id(target)];
    const pack = await git.run(
      ["pack-objects", "--stdout", "-q", "--delta-base-offset"],
      ids.join("\n") + "\n",
    );
    const first = readPackEntryHeader(pack, 12);
    assert.ok(first.ok && first.value.kind === "whole");
    const whole = inflateAt(pack, first.value.end, first.value.sizeBytes);
    assert.ok(whole.ok);
    const second = readPackEntryHeader(pack, whole.value.end);
    assert.ok(second.ok && second.value.kind === "offset_delta");
    assert.equal(second.value.baseOffset, 12);
    const delta = inflateAt(pack, second.value.end, second.value.sizeBytes);
    assert.ok(delta.ok);
    const sizes = readDeltaSizes(delta.value.data);
    assert.ok(sizes.ok && sizes.value.baseBytes === whole.value.data.length);
    const made = applyDelta(whole.value.data, delta.value.data);
    assert.ok(made.ok);
    assert.deepEqual(new Set([textOf(whole.value.data), textOf(made.value)]), new Set([base, target]));
  }));
