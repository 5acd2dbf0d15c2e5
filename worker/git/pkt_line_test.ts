/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesOf, concatBytes } from "./bytes.ts";
import {
  DELIMITER,
  FLUSH,
  PKT_PAYLOAD_MAX_BYTES,
  pktLine,
  pktText,
  readPktLines,
  readSection,
} from "./pkt_line.ts";
import { sideBand } from "./side_band.ts";

fc.configureGlobal({ seed: 1 });

const line = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((payload) => ({ bytes: pktLine(payload), kind: "data", payload })),
  fc.constant({ bytes: FLUSH, kind: "flush", payload: new Uint8Array(0) }),
  fc.constant({ bytes: DELIMITER, kind: "delimiter", payload: new Uint8Array(0) }),
);

Deno.test("whatever is framed is read back the same", () => {
  fc.assert(fc.property(fc.array(line), (lines) => {
    const read = readPktLines(concatBytes(lines.map(({ bytes }) => bytes)));
    assert.ok(read.ok);
    assert.deepEqual(read.value.map(({ kind }) => kind), lines.map(({ kind }) => kind));
    for (const [i, item] of read.value.entries()) {
      if (item.kind === "data") assert.deepEqual([...item.payload], [...lines[i]!.payload]);
    }
  }));
});

Deno.test("any bytes are read without an exception, and truncated lines are an error", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readPktLines(bytes)));
  for (const cut of [1, 3, 5, 8]) {
    const read = readPktLines(pktLine("hello").subarray(0, cut));
    assert.equal(!read.ok && read.error.reason, "truncated");
  }
  assert.deepEqual(readPktLines(bytesOf("zzzz")), { ok: false, error: { reason: "bad_length", offset: 0 } });
  assert.deepEqual(readPktLines(bytesOf("0003")), { ok: false, error: { reason: "bad_length", offset: 0 } });
});

Deno.test("a section ends at the first flush, and what follows is left alone", () => {
  const bytes = concatBytes([pktLine("a\n"), pktLine("b"), FLUSH, bytesOf("PACK")]);
  const section = readSection(bytes);
  assert.ok(section.ok);
  assert.deepEqual(section.value.lines.map(pktText), ["a", "b"]);
  assert.equal(section.value.end, bytes.length - 4);
});

Deno.test("a payload that no client would accept is refused as our bug", () => {
  assert.equal(pktLine(new Uint8Array(PKT_PAYLOAD_MAX_BYTES)).length, 65_520);
  assert.throws(() => pktLine(new Uint8Array(PKT_PAYLOAD_MAX_BYTES + 1)), /Cannot frame payload/);
});

Deno.test("side bands carry any bytes in lines of at most 65520 bytes", () => {
  const bytes = new Uint8Array(200_000).map((_, i) => i % 251);
  const read = readPktLines(sideBand(2, bytes));
  assert.ok(read.ok);
  const payloads = read.value.map((item) => item.kind === "data" ? item.payload : new Uint8Array(0));
  assert.ok(payloads.every((payload) => payload[0] === 2 && payload.length <= PKT_PAYLOAD_MAX_BYTES));
  assert.deepEqual(concatBytes(payloads.map((payload) => payload.subarray(1))), bytes);
});
