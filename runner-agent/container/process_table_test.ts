import assert from "node:assert/strict";
import { type ProcessRow, readProcesses, rowOf, useOf } from "./process_table.ts";

const STATUS = `Name:\tnode
PPid:\t41
NSpid:\t4242\t7
VmRSS:\t  900 kB
RssAnon:\t  100 kB
RssFile:\t  780 kB
RssShmem:\t   20 kB
VmSwap:\t    5 kB
Threads:\t11
`;

const row = (pid: number, parentPid: number, isNested = true): ProcessRow => ({
  pid,
  parentPid,
  threads: 1,
  memoryBytes: 10,
  isNested,
});

Deno.test("rowOf counts what is a process's own, not the file of its program", () => {
  assert.deepEqual(rowOf(4242, STATUS), {
    pid: 4242,
    parentPid: 41,
    threads: 11,
    memoryBytes: 125 * 1024,
    isNested: true,
  });
});

Deno.test("useOf counts descendants, what runs beside them in their namespace, and nothing else", () => {
  // 10 is the sandbox's first process; 30 came in by exec and has a child; 50 is another sandbox's; 60 the machine's.
  const rows = [row(10, 1), row(11, 10), row(12, 11), row(30, 5), row(31, 30), row(50, 1), row(60, 1, false)];
  const namespaces: Record<number, string> = { 10: "a", 11: "a", 12: "a", 30: "a", 31: "a", 50: "b" };
  assert.deepEqual(useOf(10, rows, (pid) => namespaces[pid] ?? null), { memoryBytes: 50, processes: 5 });
  assert.deepEqual(
    useOf(10, rows, () => null),
    { memoryBytes: 30, processes: 3 },
    "namespaces are not readable",
  );
  assert.deepEqual(useOf(99, rows, () => "a"), { memoryBytes: 0, processes: 0 }, "it is gone");
});

Deno.test("readProcesses finds this one", () => {
  const own = readProcesses().find(({ pid }) => pid === Deno.pid);
  assert.ok(own !== undefined && own.memoryBytes > 1_000_000 && own.threads > 1);
});
