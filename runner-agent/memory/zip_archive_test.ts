import assert from "node:assert/strict";
import { readArchive, writeArchive } from "./zip_archive.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("an archive gives back what was packed, and the same files are the same bytes", async () => {
  const files = new Map([["b/é.md", bytes("b")], ["a", bytes("")]]);
  const packed = await writeArchive(files);
  assert.deepEqual(await readArchive(packed), { ok: true, value: new Map([...files].reverse()) });
  assert.deepEqual(await writeArchive(new Map([...files].reverse())), packed);
  assert.deepEqual(await readArchive(await writeArchive(new Map())), { ok: true, value: new Map() });
});

Deno.test("an archive of more than may come of it is given up", async () => {
  const bomb = await writeArchive(
    new Map([["a", new Uint8Array(5_000_000)], ["b", new Uint8Array(5_000_000)]]),
  );
  assert.ok(bomb.length < 50_000);
  assert.deepEqual(await readArchive(bomb, 6_000_000), { ok: false, error: "too_large" });
  assert.ok((await readArchive(bomb, 10_000_000)).ok);
});

Deno.test("an archive of too many files is given up", async () => {
  const packed = await writeArchive(new Map(["a", "b", "c"].map((name) => [name, bytes("")])));
  assert.deepEqual(await readArchive(packed, 10, 2), { ok: false, error: "too_large" });
  assert.ok((await readArchive(packed, 10, 3)).ok);
});

Deno.test("an archive that is cut, or whose content was changed, cannot be read", async () => {
  const packed = await writeArchive(new Map([["a", bytes("some text that is long enough")]]));
  assert.deepEqual(await readArchive(packed.slice(0, 60)), { ok: false, error: "not_readable" });
  const changed = packed.slice();
  changed[40]! ^= 0xff;
  assert.deepEqual(await readArchive(changed), { ok: false, error: "not_readable" });
  assert.deepEqual(await readArchive(bytes("PK no zip")), { ok: false, error: "not_readable" });
});
