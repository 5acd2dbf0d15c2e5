/// <reference lib="deno.ns" />
import assert from "node:assert/strict";
import { bytesOf, concatBytes } from "./bytes.ts";
import { parseFetchArguments, parseFetchBody } from "./fetch_request.ts";
import { negotiateProtocol0, negotiateProtocol2 } from "./negotiation.ts";
import { FLUSH, pktLine, pktText, readPktLines } from "./pkt_line.ts";

const A = "a".repeat(40);
const B = "b".repeat(40);
const OTHER = "f".repeat(40);
const ready = { has: (id: string) => id !== OTHER, isReady: (common: ReadonlySet<string>) => common.has(A) };

function linesOf(bytes: Uint8Array): string[] {
  const lines = readPktLines(bytes);
  assert.ok(lines.ok);
  return lines.value.map(pktText);
}

function protocol2(...args: string[]) {
  const request = parseFetchArguments([`want ${A}`, ...args]);
  assert.ok(request.ok);
  const { answer, sendsPack } = negotiateProtocol2(request.value, ready);
  return { lines: linesOf(answer), sendsPack };
}

Deno.test("protocol 2 acknowledges until the wants are covered, then sends", () => {
  assert.deepEqual(protocol2("done"), { lines: [], sendsPack: true });
  assert.deepEqual(protocol2(`have ${OTHER}`), { lines: ["acknowledgments", "NAK"], sendsPack: false });
  assert.deepEqual(protocol2(`have ${B}`), { lines: ["acknowledgments", `ACK ${B}`], sendsPack: false });
  const both = { lines: ["acknowledgments", `ACK ${B}`, `ACK ${A}`, "ready"], sendsPack: true };
  assert.deepEqual(protocol2(`have ${B}`, `have ${A}`), both);
  assert.deepEqual(protocol2(`have ${B}`, "done"), { lines: [], sendsPack: true });
});

function protocol0(capabilities: string, ...lines: (string | null)[]) {
  const wants = [pktLine(`want ${A}${capabilities === "" ? "" : " " + capabilities}\n`), FLUSH];
  const rest = lines.map((line) => line === null ? FLUSH : pktLine(line + "\n"));
  const request = parseFetchBody(concatBytes([...wants, ...rest]));
  assert.ok(request.ok);
  const { answer, sendsPack } = negotiateProtocol0(request.value, ready);
  return { lines: linesOf(answer), sendsPack };
}

Deno.test("protocol 0 answers batches with multi_ack_detailed as git does", () => {
  const detailed = "multi_ack_detailed side-band-64k";
  assert.deepEqual(protocol0(detailed, "done"), { lines: ["NAK"], sendsPack: true });
  assert.deepEqual(protocol0(detailed, `have ${OTHER}`, null), { lines: ["NAK"], sendsPack: false });
  const found = { lines: [`ACK ${A} common`, `ACK ${A} ready`, "NAK"], sendsPack: false };
  assert.deepEqual(protocol0(detailed, `have ${A}`, null), found);
  const finished = { lines: [`ACK ${A} common`, `ACK ${A} ready`, "NAK", `ACK ${A}`], sendsPack: true };
  assert.deepEqual(protocol0(detailed + " no-done", `have ${A}`, null), finished);
  assert.deepEqual(protocol0(detailed, `have ${A}`, "done"), {
    lines: [`ACK ${A} common`, `ACK ${A}`],
    sendsPack: true,
  });
});

Deno.test("protocol 0 without multi_ack acknowledges once", () => {
  const once = { lines: [`ACK ${A}`], sendsPack: false };
  assert.deepEqual(protocol0("", `have ${A}`, `have ${B}`, null), once);
  assert.deepEqual(protocol0("", `have ${A}`, `have ${B}`, "done"), { ...once, sendsPack: true });
});

Deno.test("a request that cannot be understood is refused", () => {
  for (const args of [["want x"], ["have"], ["deepen many"], ["deepen 1", "deepen-since 5"]]) {
    assert.equal(parseFetchArguments(args).ok, false, args.join());
  }
  assert.equal(parseFetchBody(bytesOf("????")).ok, false);
  const parsed = parseFetchArguments(["deepen 3", "deepen-relative", "include-tag"]);
  assert.ok(parsed.ok && parsed.value.includeTag);
  assert.deepEqual(parsed.value.deepen, { kind: "depth", depth: 3, isRelative: true });
});
