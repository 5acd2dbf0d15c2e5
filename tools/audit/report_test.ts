import assert from "node:assert/strict";
import { GENESIS_HASH, linkEntry } from "../../protocol/autonomy/audit_chain.ts";
import { auditReport } from "./report.ts";

function log(count: number) {
  const entries: { seq: number; type: string; by: string; prev: string; hash: string }[] = [];
  for (let seq = 0; seq < count; seq++) {
    const prev = entries.at(-1)?.hash ?? GENESIS_HASH;
    entries.push(linkEntry(prev, { seq, type: "gate.viewed", by: "user:ada" }));
  }
  return entries;
}

Deno.test("a log that holds is counted, as the answer of the API, as a list and line by line", () => {
  const entries = log(3);
  const expected = { isWhole: true, text: `3 links hold; head ${entries[2]!.hash}` };
  assert.deepEqual(auditReport(JSON.stringify({ gate_id: "g", entries }), null), expected);
  assert.deepEqual(auditReport(JSON.stringify(entries), null), expected);
  assert.deepEqual(auditReport(entries.map((entry) => JSON.stringify(entry)).join("\n"), null), expected);
  assert.equal(auditReport(JSON.stringify(entries[0]), null).text, `1 link holds; head ${entries[0]!.hash}`);
});

Deno.test("the first broken link is named with its index, its seq, what was expected and what came", () => {
  const entries = log(3);
  const { text, isWhole } = auditReport(
    JSON.stringify(entries.with(1, { ...entries[1]!, by: "user:eve" })),
    null,
  );
  assert.equal(isWhole, false);
  assert.match(
    text,
    /^Broken at link 1 \(seq 1, gate\.viewed\): 'hash' does not hold\.\n {2}expected [0-9a-f]{64}\n/,
  );
  assert.ok(text.includes(`came     ${entries[1]!.hash}`));
});

Deno.test("a log that was cut off is found by a head that the timeline knows", () => {
  const entries = log(3);
  const known = entries[2]!.hash;
  assert.equal(auditReport(JSON.stringify(entries), known).isWhole, true);
  assert.equal(auditReport(JSON.stringify(entries.slice(0, 2)), known).isWhole, false);
});

Deno.test("what is no log is refused, and says where", () => {
  assert.throws(() => auditReport('{"a":1}', null), /list of entries/);
  assert.throws(() => auditReport('{"seq":0}\nnope', null), /line 2/);
  assert.throws(() => auditReport("[1]", null), /entry 0/);
});
