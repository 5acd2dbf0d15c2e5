/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { bytesOf, concatBytes, textOf } from "./bytes.ts";
import type { ObjectType } from "./object_id.ts";
import { ZERO_ID } from "./object_id.ts";
import { FLUSH, pktLine } from "./pkt_line.ts";
import { decideCommands, parseReceiveRequest, type ReceiveCommand } from "./receive_command.ts";
import { encodeReceiveReport } from "./receive_report.ts";
import { isRefName } from "./ref_name.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const TYPES: Record<string, ObjectType> = { [A]: "commit", [B]: "blob" };
const VIEW = {
  refs: new Map([["refs/heads/main", A]]),
  headRef: "refs/heads/main",
  typeOf: (id: string) => TYPES[id],
};
const MAY = { canWrite: true, allowPrefixes: ["refs/heads/"], denyPrefixes: ["refs/heads/locked/"] };

function refusal(command: ReceiveCommand, permissions = MAY): string | null {
  return decideCommands([command], permissions, VIEW, false)[0]!.refusal;
}

Deno.test("a push request is commands, capabilities and then the pack", () => {
  const body = concatBytes([
    pktLine(`shallow ${B}`),
    pktLine(`${ZERO_ID} ${A} refs/heads/x\0 report-status atomic agent=git/2`),
    pktLine(`${A} ${ZERO_ID} refs/heads/y\n`),
    FLUSH,
    bytesOf("PACK"),
  ]);
  const request = parseReceiveRequest(body);
  assert.ok(request.ok);
  assert.deepEqual(request.value.commands, [
    { oldId: ZERO_ID, newId: A, ref: "refs/heads/x" },
    { oldId: A, newId: ZERO_ID, ref: "refs/heads/y" },
  ]);
  assert.ok(request.value.capabilities.has("atomic") && request.value.capabilities.has("report-status"));
  assert.equal(textOf(body.subarray(request.value.packStart)), "PACK");
  assert.equal(parseReceiveRequest(pktLine("nonsense")).ok, false);
  assert.equal(parseReceiveRequest(bytesOf("<html>")).ok, false);
});

Deno.test("each refusal has a reason that its sender can act on", () => {
  const cases: [Partial<ReceiveCommand>, RegExp | null][] = [
    [{}, null],
    [{ ref: "refs/heads/main", oldId: A }, null],
    [{ ref: "refs/heads/main" }, /stale info/],
    [{ ref: "refs/heads/gone", oldId: A }, /stale info/],
    [{ newId: "c".repeat(40) }, /missing necessary objects/],
    [{ newId: B }, /a branch must name a commit/],
    [{ ref: "refs/heads/a..b" }, /funny refname/],
    [{ ref: "refs/heads/locked/x" }, /may not change this ref/],
    [{ ref: "refs/tags/v1" }, /only change refs\/heads\//],
    [{ ref: "refs/heads/main", oldId: A, newId: ZERO_ID }, /default branch/],
    [{ ref: "refs/heads/main/sub" }, /refs\/heads\/main exists/],
  ];
  for (const [change, expected] of cases) {
    const reason = refusal({ oldId: ZERO_ID, newId: A, ref: "refs/heads/x", ...change });
    if (expected === null) assert.equal(reason, null);
    else assert.match(reason ?? "accepted", expected);
  }
  assert.match(
    refusal({ oldId: ZERO_ID, newId: A, ref: "refs/heads/x" }, { ...MAY, canWrite: false })!,
    /read-only/,
  );
});

Deno.test("atomic refuses all for one, and two commands for one ref are both refused", () => {
  const good = { oldId: ZERO_ID, newId: A, ref: "refs/heads/x" };
  const bad = { oldId: ZERO_ID, newId: A, ref: "refs/notes/x" };
  const reasons = (commands: ReceiveCommand[], isAtomic: boolean) =>
    decideCommands(commands, MAY, VIEW, isAtomic).map((outcome) => outcome.refusal !== null);
  assert.deepEqual(reasons([good, bad], false), [false, true]);
  assert.deepEqual(reasons([good, bad], true), [true, true]);
  assert.deepEqual(reasons([good, { ...good }], false), [true, true]);
});

Deno.test("the report goes on side band 1 if the client asked for it", () => {
  const outcomes = [
    { command: { oldId: ZERO_ID, newId: A, ref: "refs/heads/x" }, refusal: null },
    { command: { oldId: ZERO_ID, newId: A, ref: "refs/heads/y" }, refusal: "no" },
  ];
  const plain = textOf(encodeReceiveReport(null, outcomes, new Set(["report-status"])));
  assert.equal(plain, "000eunpack ok\n0014ok refs/heads/x\n0017ng refs/heads/y no\n0000");
  const banded = textOf(encodeReceiveReport(null, outcomes, new Set(["report-status", "side-band-64k"])));
  assert.equal(banded, `0042\x01${plain}0000`);
  assert.equal(encodeReceiveReport("x", outcomes, new Set()).length, 0);
});

Deno.test("ref names are those that git accepts", () => {
  const good = ["refs/heads/main", "refs/heads/work/task-1", "refs/tags/v1.0", "refs/heads/é"];
  const bad = [
    "HEAD",
    "refs/x",
    "refs/heads/",
    "refs/heads/.a",
    "refs/heads/a.lock",
    "refs/heads/a b",
    "refs/heads/a~1",
  ];
  for (const name of good) assert.ok(isRefName(name), name);
  for (const name of [...bad, "refs/heads/@{1}", "refs/heads//a", "refs/heads/a.", "refs/heads/a\n"]) {
    assert.ok(!isRefName(name), name);
  }
});
