import assert from "node:assert/strict";
import fc from "fast-check";
import { SOCKET_FRAME_MAX_BYTES, SOCKET_MESSAGES_MAX } from "../../protocol/runner/socket_limits.ts";
import { readFrame } from "./socket_frame.ts";

const kinds = (frame: unknown) => {
  const read = readFrame(JSON.stringify(frame));
  assert.ok(read.ok, JSON.stringify(read));
  return read.value.map((entry) =>
    entry.kind === "message" ? entry.message.type : `${entry.kind} ${entry.id}`
  );
};
const fault = (text: string) => {
  const read = readFrame(text);
  return read.ok ? null : read.error.reason;
};

Deno.test("messages of a frame are read in order, and a wrong one does not cost the others", () => {
  assert.deepEqual(
    kinds([
      { type: "want", credit: 1 },
      { type: "drain", id: 1 },
      { type: "report", id: 2, report: { jobResult: "success" } },
      { type: "dance", id: 3 },
      { type: "toString", id: -1 },
      { type: "want", credit: 0 },
      { type: "claim", id: 4, jobId: "j" },
    ]),
    ["want", "drain", "invalid 2", "unknown 3", "unknown null", "invalid null", "claim"],
  );
});

Deno.test("what is no array of objects is no frame", () => {
  for (const text of ["", "{}", "null", "3", '"ping"', "[1]", "[null]", "[[]]", "[{}", '[{"type":']) {
    assert.equal(fault(text), "malformed_frame", text);
  }
  assert.equal(fault("[]"), null);
});

Deno.test("a frame over its size or its count of messages is refused, and one at the limit is read", () => {
  const want = '{"type":"want","credit":1}';
  assert.equal(fault(`[${Array(SOCKET_MESSAGES_MAX).fill(want)}]`), null);
  assert.equal(fault(`[${Array(SOCKET_MESSAGES_MAX + 1).fill(want)}]`), "too_many_messages");
  const padded = (bytes: number) => `[${" ".repeat(bytes - 2)}]`;
  assert.equal(fault(padded(SOCKET_FRAME_MAX_BYTES)), null);
  assert.equal(fault(padded(SOCKET_FRAME_MAX_BYTES + 1)), "frame_too_large");
  assert.equal(fault(`["${"€".repeat(SOCKET_FRAME_MAX_BYTES / 3)}"]`), "frame_too_large");
});

Deno.test("no text at all is an exception", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
    readFrame(text);
  }));
});

Deno.test("a heartbeat of runs is read as reports that say in progress, whatever it claims", () => {
  const read = readFrame(JSON.stringify([
    { type: "heartbeat", id: 1, runs: [{ runId: "r", leaseEpoch: 2, jobResult: "success" }] },
  ]));
  assert.ok(read.ok);
  const [entry] = read.value;
  assert.ok(entry?.kind === "message" && entry.message.type === "heartbeat");
  assert.deepEqual(entry.message.runs, [{ runId: "r", leaseEpoch: 2, jobResult: "in_progress" }]);
});
