/** The files of an activity log on a disk that takes half of what it is given. */
import assert from "node:assert/strict";
import { createEventDisk, type EventFile } from "./event_disk.ts";

async function withDir(body: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "shopfloor_event_disk_" });
  try {
    await body(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** A real file; while it is full, a write takes half and then rejects, or all is written and the fsync rejects. */
function fullDisk() {
  const state = { fails: "nothing" as "nothing" | "write" | "sync" };
  const fault = () => Promise.reject(Object.assign(new Error("no space left"), { name: "ENOSPC" }));
  async function open(path: string, options: Deno.OpenOptions): Promise<EventFile> {
    const file = await Deno.open(path, options);
    let halves = 0;
    return {
      read: (bytes) => file.read(bytes),
      async write(bytes) {
        if (state.fails !== "write") return await file.write(bytes);
        if (halves++ > 0) return await fault();
        return await file.write(bytes.subarray(0, Math.ceil(bytes.length / 2)));
      },
      seek: (offset, whence) => file.seek(offset, whence),
      truncate: (size) => file.truncate(size),
      sync: () => state.fails === "sync" ? fault() : file.sync(),
      stat: () => file.stat(),
      close: () => file.close(),
    };
  }
  return { state, open };
}

const line = (sequence: number) =>
  new TextEncoder().encode(`{"sequence":${sequence},"text":"${"x".repeat(50)}"}\n`);

for (const fails of ["write", "sync"] as const) {
  Deno.test(`a batch whose ${fails} fails is not in the file once the next is, nor after a restart`, async () => {
    await withDir(async (dir) => {
      const { state, open } = fullDisk();
      const disk = createEventDisk(dir, open);
      assert.deepEqual(await disk.open(), { nextSequence: 0, size: 0, sent: { sequence: 0, offset: 0 } });
      const first = line(0);
      await disk.append(first, 0);
      state.fails = fails;
      const two = new Uint8Array([...line(1), ...line(2)]);
      await assert.rejects(disk.append(two, first.length), { name: "ENOSPC" });
      state.fails = "nothing";
      const other = new TextEncoder().encode('{"sequence":1}\n');
      await disk.append(other, first.length);
      disk.close();
      const text = await Deno.readTextFile(`${dir}/events.ndjson`);
      assert.equal(text, new TextDecoder().decode(new Uint8Array([...first, ...other])));
      const again = createEventDisk(dir);
      assert.deepEqual(await again.open(), {
        nextSequence: 2,
        size: text.length,
        sent: { sequence: 0, offset: 0 },
      });
      again.close();
    });
  });
}

Deno.test("a line that a crash has torn is cut off, and a mark of another file says nothing", async () => {
  await withDir(async (dir) => {
    const whole = new TextDecoder().decode(line(0));
    await Deno.writeTextFile(`${dir}/events.ndjson`, `${whole}{"sequence":1,"te`);
    await Deno.writeTextFile(`${dir}/events.sent`, "9 9999");
    const disk = createEventDisk(dir);
    const found = await disk.open();
    assert.deepEqual(found, { nextSequence: 1, size: whole.length, sent: { sequence: 0, offset: 0 } });
    assert.equal(new TextDecoder().decode(await disk.read(0, 10_000)), whole);
    await disk.saveSent({ sequence: 1, offset: whole.length });
    disk.close();
    const again = createEventDisk(dir);
    assert.deepEqual((await again.open()).sent, { sequence: 1, offset: whole.length });
    again.close();
  });
});
