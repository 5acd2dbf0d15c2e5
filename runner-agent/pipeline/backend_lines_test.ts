import assert from "node:assert/strict";
import fc from "fast-check";
import { LineReader } from "./backend_lines.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const SMALL = { lineMaxBytes: 8, outputMaxBytes: 32 };

Deno.test("r01: however an output is cut into chunks, its lines are the same", () => {
  fc.assert(fc.property(
    fc.array(fc.string({ unit: "binary" }).filter((line) => !line.includes("\n")), { maxLength: 8 }),
    fc.array(fc.nat(40)),
    (lines, cuts) => {
      // A text without its surrogates is what bytes can hold.
      const whole = lines.map((line) => new TextDecoder().decode(encode(line)).replaceAll("\ufeff", ""));
      const bytes = encode(whole.map((line) => `${line}\n`).join(""));
      const reader = new LineReader();
      const read: string[] = [];
      let begin = 0;
      for (const cut of cuts) {
        read.push(...reader.add(bytes.subarray(begin, begin + cut)));
        begin += cut;
      }
      read.push(...reader.add(bytes.subarray(begin)), ...reader.end());
      assert.deepEqual(read, whole);
      assert.equal(reader.fault, null);
    },
  ));
});

Deno.test("r01: a last line without an end is a line, and nothing is none", () => {
  const reader = new LineReader();
  assert.deepEqual([reader.add(encode("a\n\nb")), reader.end(), reader.end()], [["a", ""], ["b"], []]);
});

Deno.test("r01: a line of exactly its bound is read, one byte more is a fault before its end has come", () => {
  const reader = new LineReader(SMALL);
  assert.deepEqual(reader.add(encode("12345678\n1234")), ["12345678"]);
  assert.equal(reader.fault, null);
  assert.deepEqual(reader.add(encode("56789")), []);
  assert.equal(reader.fault, "printed a line that is too long: expected at most 8 bytes");
  assert.deepEqual([reader.add(encode("\nx\n")), reader.end()], [[], []]);
});

Deno.test("r01: lines before one that is too long are read", () => {
  const reader = new LineReader(SMALL);
  assert.deepEqual(reader.add(encode("ok\n123456789\nno\n")), ["ok"]);
  assert.match(reader.fault!, /^printed a line that is too long/);
});

Deno.test("r01: an output of many short lines is bounded, too", () => {
  const reader = new LineReader(SMALL);
  for (let i = 0; i < 16; i++) assert.deepEqual(reader.add(encode("x\n")), ["x"]);
  assert.equal(reader.fault, null);
  assert.deepEqual(reader.add(encode("x\n")), []);
  assert.equal(reader.fault, "printed too much: expected at most 32 bytes");
});

Deno.test("r01: the bounds that hold where none are given are 16 MiB a line and 256 MiB in all", () => {
  const chunk = new Uint8Array(1_048_576).fill(0x78);
  const reader = new LineReader();
  for (let i = 0; i < 16; i++) reader.add(chunk);
  assert.equal(reader.fault, null);
  reader.add(chunk.subarray(0, 1));
  assert.equal(reader.fault, "printed a line that is too long: expected at most 16777216 bytes");

  const lines = chunk.with(1_048_575, 0x0a);
  const many = new LineReader();
  for (let i = 0; i < 256; i++) assert.equal(many.add(lines).length, 1);
  assert.deepEqual(many.add(lines), []);
  assert.equal(many.fault, "printed too much: expected at most 268435456 bytes");
});
