import assert from "node:assert/strict";
import fc from "fast-check";
import { REDACTED, redactStream } from "./redact_stream.ts";

const encoder = new TextEncoder();

async function redactChunks(secret: string, chunks: readonly Uint8Array<ArrayBuffer>[]): Promise<string> {
  return await new Response(ReadableStream.from(chunks).pipeThrough(redactStream(secret))).text();
}

/** Cuts bytes at the given places, which may repeat. */
function cut(bytes: Uint8Array<ArrayBuffer>, places: readonly number[]): Uint8Array<ArrayBuffer>[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.slice(index === 0 ? 0 : ends[index - 1], end));
}

Deno.test("a secret is replaced however the stream is cut, and nothing else changes", async () => {
  // Few letters, so that the text is full of beginnings of the secret.
  const letters = fc.constantFrom("a", "b", "✓");
  await fc.assert(fc.asyncProperty(
    fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 5 }),
    fc.string({ unit: letters, maxLength: 60 }),
    fc.array(fc.nat(), { maxLength: 20 }),
    async (secret, text, places) => {
      const redacted = await redactChunks(secret, cut(encoder.encode(text), places));
      assert.equal(redacted, text.replaceAll(secret, REDACTED));
    },
  ));
});

Deno.test("bytes that cannot begin the secret leave at once", async () => {
  const { readable, writable } = redactStream("secret");
  const reader = readable.getReader();
  const writer = writable.getWriter();
  const written = writer.write(encoder.encode("data: one\n\nsec"));
  const { value } = await reader.read();
  await written;
  assert.equal(new TextDecoder().decode(value), "data: one\n\n");
  await Promise.all([
    writer.close(),
    reader.read().then(({ value }) => {
      assert.equal(new TextDecoder().decode(value), "sec");
    }),
  ]);
});
