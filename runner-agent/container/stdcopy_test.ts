import assert from "node:assert/strict";
import { StdcopyDecoder } from "./stdcopy.ts";

function frame(stream: number, text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  return [stream, 0, 0, 0, 0, 0, bytes.length >> 8, bytes.length & 255, ...bytes];
}

function decode(chunks: Iterable<Uint8Array>): Record<string, string> {
  const seen: Record<string, string> = { stdout: "", stderr: "" };
  const decoder = new StdcopyDecoder((stream, bytes) => seen[stream] += new TextDecoder().decode(bytes));
  for (const chunk of chunks) decoder.push(chunk);
  return seen;
}

const STREAM = [
  ...frame(1, "out"),
  ...frame(2, "e".repeat(300)),
  ...frame(1, ""),
  ...frame(0, "in"),
  ...frame(1, "put"),
];

Deno.test("StdcopyDecoder takes the streams apart however the transport cuts them", () => {
  const want = { stdout: "output", stderr: "e".repeat(300) };
  for (const size of [1, 2, 7, 8, 9, 1000]) {
    const chunks = [];
    for (let at = 0; at < STREAM.length; at += size) chunks.push(new Uint8Array(STREAM.slice(at, at + size)));
    assert.deepEqual(decode(chunks), want, `pieces of ${size}`);
  }
});

Deno.test("StdcopyDecoder gives what there is of a frame that never ends", () => {
  assert.deepEqual(decode([new Uint8Array(frame(1, "whole").slice(0, 10))]), { stdout: "wh", stderr: "" });
});
