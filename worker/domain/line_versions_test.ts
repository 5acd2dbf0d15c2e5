/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { lineInput } from "../../protocol/line/line.ts";
import { lineOf, station } from "../../test/fake/queue_rig.ts";
import { LINE_VERSIONS_READ_MAX } from "../limits.ts";
import { LineVersions, summaryOf } from "./line_versions.ts";
import type { LineVersion } from "./queue_state.ts";

const { id: _, owner: __, project: ___, ...definition } = lineInput.parse(lineOf([station("a")]));

function version(n: number): LineVersion {
  return { id: "l" as never, version: n, definition, createdAtMs: n, isDeleted: false };
}

/** Versions 1 to 20 are stored, and 3 and 21 in memory. */
function setUp() {
  const asked: number[] = [];
  const lines = new LineVersions({
    read: (lineId, n) => {
      asked.push(n);
      return lineId === "l" && n >= 1 && n <= 20 ? version(n) : null;
    },
    oldest: () => 1,
    summaries: (_lineId, first, last) =>
      Array.from({ length: 20 }, (_, at) => version(at + 1)).filter((line) =>
        line.version >= first && line.version <= last
      ).map(summaryOf),
  });
  for (const n of [3, 21]) lines.set(`l@${n}`, version(n));
  return { lines, asked };
}

Deno.test("a version is found wherever it is, and what is in memory is not read", () => {
  const { lines, asked } = setUp();
  for (const n of [3, 21, 7, 1]) assert.deepEqual(lines.get(`l@${n}`), version(n));
  assert.deepEqual(asked, [7, 1]);
  assert.deepEqual([...lines.keys()], ["l@3", "l@21"]);
});

Deno.test("a few versions that were read back stay, the ones asked for last, until they are released", () => {
  const { lines, asked } = setUp();
  const read = (n: number) => lines.get(`l@${n}`);
  for (let n = 4; n < 4 + LINE_VERSIONS_READ_MAX; n++) read(n);
  assert.equal(read(4), read(4));
  read(20);
  assert.equal(asked.length, LINE_VERSIONS_READ_MAX + 1);
  read(4);
  assert.equal(asked.length, LINE_VERSIONS_READ_MAX + 1, "it was asked for after the others");
  read(5);
  assert.equal(asked.length, LINE_VERSIONS_READ_MAX + 2, "it had left");
  lines.release();
  read(5);
  assert.equal(asked.length, LINE_VERSIONS_READ_MAX + 3);
  assert.equal(lines.size, 2);
});

Deno.test("a version that is kept is in memory until it is deleted there, and then is read again", () => {
  const { lines, asked } = setUp();
  lines.keep("l@9");
  lines.keep("l@9");
  lines.keep("l@99");
  lines.release();
  assert.deepEqual(lines.get("l@9"), version(9));
  assert.deepEqual(asked, [9, 99]);
  assert.deepEqual([...lines.keys()], ["l@3", "l@21", "l@9"]);
  lines.delete("l@9");
  assert.deepEqual(lines.get("l@9"), version(9));
  assert.equal(asked.length, 3);
});

Deno.test("no version has another name, and none is invented", () => {
  const { lines } = setUp();
  for (const key of ["l@07", "l@7.0", "l@ 7", "l@1e0", "l@", "l", "l@-1", "l@99", "other@7", "@7"]) {
    assert.equal(lines.get(key), undefined, key);
  }
});

Deno.test("a list takes what is in memory and what is stored, newest first, each once", () => {
  const { lines } = setUp();
  assert.deepEqual(lines.summaries("l" as never, 2, 21).map((row) => row.version), [
    ...Array.from({ length: 20 }, (_, at) => 21 - at),
  ]);
  assert.deepEqual(lines.summaries("l" as never, 5, 4), []);
});
