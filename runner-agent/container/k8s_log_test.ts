import assert from "node:assert/strict";
import fc from "fast-check";
import type { OutputStream } from "../ports.ts";
import { K8sLogDecoder } from "./k8s_log.ts";

const TIME = "2026-01-31T10:00:00.000000000+00:00";

function decode(file: Uint8Array, sizes: readonly number[]) {
  const seen: Record<OutputStream, number[]> = { stdout: [], stderr: [] };
  const decoder = new K8sLogDecoder((stream, bytes) => seen[stream].push(...bytes));
  for (let at = 0, n = 0; at < file.length; n++) {
    const end = at + (sizes.length === 0 ? file.length : sizes[n % sizes.length]!);
    decoder.push(file.slice(at, end));
    at = end;
  }
  const text = (stream: OutputStream) => new TextDecoder().decode(new Uint8Array(seen[stream]));
  return { stdout: text("stdout"), stderr: text("stderr") };
}

Deno.test("K8sLogDecoder gives back the newline of a full record and none for a partial one", () => {
  const file = `${TIME} stdout P half \n${TIME} stderr F oops\n${TIME} stdout F line\n${TIME} stdout F \n`;
  assert.deepEqual(decode(new TextEncoder().encode(file), []), { stdout: "half line\n\n", stderr: "oops\n" });
});

Deno.test("K8sLogDecoder gives the same for any chunking of the file", () => {
  const record = fc.record({
    stream: fc.constantFrom("stdout", "stderr"),
    tag: fc.constantFrom("F", "P"),
    text: fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", "")),
  });
  fc.assert(
    fc.property(
      fc.array(record),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (records, sizes) => {
        const file = records.map(({ stream, tag, text }) => `${TIME} ${stream} ${tag} ${text}\n`).join("");
        const of = (name: string) =>
          records.filter(({ stream }) => stream === name).map(({ tag, text }) =>
            text + (tag === "F" ? "\n" : "")
          ).join("");
        assert.deepEqual(decode(new TextEncoder().encode(file), sizes), {
          stdout: of("stdout"),
          stderr: of("stderr"),
        });
      },
    ),
  );
});

Deno.test("K8sLogDecoder forgets an unfinished record when the file was replaced", () => {
  let seen = "";
  const decoder = new K8sLogDecoder((_, bytes) => seen += new TextDecoder().decode(bytes));
  decoder.push(new TextEncoder().encode(`${TIME} stdout F cut o`));
  decoder.reset();
  decoder.push(new TextEncoder().encode(`${TIME} stdout F whole\n`));
  assert.equal(seen, "whole\n");
});
