import assert from "node:assert/strict";
import { ioOf, sessionUsage, statOf } from "./session_usage.ts";

const LINE =
  "812 (a ) b) S 1 812 800 0 -1 4194560 500 900 0 0 120 30 40 10 20 0 3 0 5000 99999999 250 18446744073709551615";

Deno.test("a line of stat is read behind the program's name, whatever that is", () => {
  assert.deepEqual(statOf(LINE, 800), { cpuMs: 2_000, memoryBytes: 250 * 4_096, pids: 3 });
  assert.equal(statOf(LINE, 812), null);
  assert.equal(statOf(null, 800), null);
});

Deno.test("what a process read and wrote is that of devices", () => {
  const text = "rchar: 9\nwchar: 8\nread_bytes: 4096\nwrite_bytes: 512\ncancelled_write_bytes: 1\n";
  assert.deepEqual(ioOf(text), { readBytes: 4_096, writeBytes: 512 });
  assert.deepEqual(ioOf(null), { readBytes: 0, writeBytes: 0 });
});

Deno.test("the processes of a session are found, and none of one that there is not", async () => {
  const own = Number((await Deno.readTextFile("/proc/self/stat")).split(") ")[1]!.split(" ")[3]);
  const usage = await sessionUsage(own);
  assert.ok(usage !== null && usage.pids > 0 && usage.memoryBytes > 1_000_000 && usage.cpuMs > 0);
  assert.equal(await sessionUsage(2 ** 30), null);
});
