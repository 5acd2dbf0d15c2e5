/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { cutSpans, readRange, spannedBytes } from "./byte_range.ts";

Deno.test("ranges are read as RFC 9110 says", () => {
  const table: readonly [string | undefined, number, string][] = [
    [undefined, 10, "whole"],
    ["bytes=0-3", 10, "0..4"],
    ["bytes=0-0", 10, "0..1"],
    ["bytes=4-", 10, "4..10"],
    ["bytes=9-9", 10, "9..10"],
    ["bytes=9-99", 10, "9..10"],
    ["Bytes = 2 - 3", 10, "2..4"],
    ["bytes=-4", 10, "6..10"],
    ["bytes=-99", 10, "0..10"],
    ["bytes=-0", 10, "unsatisfiable"],
    ["bytes=10-", 10, "unsatisfiable"],
    ["bytes=10-12", 10, "unsatisfiable"],
    ["bytes=0-", 0, "unsatisfiable"],
    ["bytes=-5", 0, "unsatisfiable"],
    ["bytes=3-2", 10, "whole"],
    ["bytes=-", 10, "whole"],
    ["bytes=0-1,4-5", 10, "whole"],
    ["lines=0-1", 10, "whole"],
    ["bytes=a-b", 10, "whole"],
    ["bytes=1-99999999999999999999", 10, "whole"],
    ["", 10, "whole"],
  ];
  for (const [header, total, expected] of table) {
    const range = readRange(header, total);
    assert.equal(
      range.kind === "part" ? `${range.from}..${range.to}` : range.kind,
      expected,
      `${header} of ${total}`,
    );
  }
});

Deno.test("spans are cut where the range begins and ends", () => {
  const spans = [{ offset: 10, bytes: 5 }, { offset: 100, bytes: 3 }, { offset: 7, bytes: 2 }];
  assert.equal(spannedBytes(spans), 10);
  assert.deepEqual(cutSpans(spans, 0, 10), spans);
  assert.deepEqual(cutSpans(spans, 4, 9), [{ offset: 14, bytes: 1 }, { offset: 100, bytes: 3 }, {
    offset: 7,
    bytes: 1,
  }]);
  assert.deepEqual(cutSpans(spans, 5, 8), [{ offset: 100, bytes: 3 }]);
  assert.deepEqual(cutSpans(spans, 3, 3), []);
});
